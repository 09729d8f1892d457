import type { Measure } from '../measure.js';
import { processMemory } from '../box/process-memory.js';
import { startAndRemove } from '../starts/first-exec.js';
import { untilImageTemplate } from '../starts/templates-ready.js';
import { lastingRows } from './lasting-rows.js';

const OPTIONS = { memoryMib: 128, diskSizeMib: 64 };
/** How often the memory is looked at, in the whole. */
const LOOKS = 20;

export const cycles: Measure = {
  name: 'cycles',
  about: 'create → exec → remove, one after the other in one process: whether it gets slower or bigger',
  rounds: 100,
  run: async ({ lab, rounds, signal }) => {
    await using runtime = await lab.openRuntime();
    await untilImageTemplate(runtime, OPTIONS, signal);
    const took: number[] = [];
    const memory: number[] = [];
    const every = Math.max(1, Math.floor(rounds / LOOKS));
    for (let round = 0; round < rounds; round += 1) {
      signal.throwIfAborted();
      const begin = performance.now();
      await startAndRemove(runtime, OPTIONS);
      took.push(performance.now() - begin);
      if (round % every === 0) memory.push((await processMemory(process.pid)).pss);
    }
    return {
      warm: 'image prepared, templates made and used',
      rows: lastingRows('create → exec → remove', took, memory),
    };
  },
};
