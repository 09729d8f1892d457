import type { LiteBox } from '@boxlite/core';
import { eventually } from './eventually.js';

/** A shell command that leaves a process behind, which counts up in memory. */
export const COUNTER =
  '(i=0; while true; do i=$((i+1)); echo $i > /dev/shm/count.new; mv /dev/shm/count.new /dev/shm/count; sleep 0.05; done) >/dev/null 2>&1 &';

/** How far the process that {@link COUNTER} started has come; it has to have begun. */
export const count = (box: LiteBox): Promise<number> =>
  eventually('the counter to begin', async () => {
    const { stdout } = await box.run('cat', ['/dev/shm/count']);
    return stdout === '' ? undefined : Number(stdout);
  });

/** True as soon as that process is seen to go on. */
export const countsOn = async (box: LiteBox): Promise<true> => {
  const reached = await count(box);
  return eventually('the counter to go on', async () => (await count(box)) > reached || undefined);
};
