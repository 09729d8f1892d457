import { setTimeout as sleep } from 'node:timers/promises';
import { BoxliteRuntime } from '@boxlite/core';
import { sh, sharedHome, spawnBox } from './support/boxes.js';
import { anonymousMib, processorNanos } from './support/guest-memory.js';
import { itLeavesNothing } from './support/leaks.js';

/** After its last process a guest still writes to its disk, ends threads, and tells of free memory. */
const SETTLE_MS = 15_000;
const SECONDS = 10;

/** What docs/specification.md promises of a Box that does nothing. */
it('takes next to no processor, and little memory that is not shared, when it does nothing', async () => {
  await using runtime = await BoxliteRuntime.open({ home: sharedHome() });
  await using box = await spawnBox(runtime);
  await sh(box, 'true');
  const { pid } = await box.info();
  if (pid === null) throw new Error('the Box runs, but has no VMM');
  await sleep(SETTLE_MS);

  const before = processorNanos(pid);
  await sleep(SECONDS * 1_000);
  const share = (processorNanos(pid) - before) / (SECONDS * 1e9);
  expect(share).toBeGreaterThan(0);
  expect(share).toBeLessThan(0.005);
  expect(anonymousMib(pid)).toBeLessThan(60);
});

itLeavesNothing(sharedHome);
