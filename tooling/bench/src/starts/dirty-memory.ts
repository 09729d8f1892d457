import type { LiteBox } from '@boxlite/core';

/** Fills memory of a guest with what no page has had before, and keeps it: a file in /dev/shm, which takes 64 MiB. */
export const dirtyMemory = async (box: LiteBox, mib: number): Promise<void> => {
  if (mib === 0) return;
  await box.run('dd', ['if=/dev/urandom', 'of=/dev/shm/dirty', 'bs=1M', `count=${String(mib)}`], { check: true });
};
