import type { LiteBox } from '@boxlite/core';
import { processMemory } from '../box/process-memory.js';
import type { Measure } from '../measure.js';
import { untilImageTemplate } from '../starts/templates-ready.js';
import { lastingRows } from './lasting-rows.js';

const OPTIONS = { memoryMib: 128, diskSizeMib: 64 };
const EXECS_OF_A_BOX = 4;
/** For each Box, so that 50 of them are 5 minutes. */
const MS_FOR_EACH_BOX = 6_000;
const LOOKS = 20;

export const load: Measure = {
  name: 'load',
  about: `as many Boxes as there are rounds, ${String(EXECS_OF_A_BOX)} execs at once in each, for minutes: whether they get slower or the process bigger`,
  rounds: 50,
  run: async ({ lab, rounds, signal }) => {
    await using runtime = await lab.openRuntime();
    await untilImageTemplate(runtime, OPTIONS, signal);
    const boxes: LiteBox[] = [];
    const took: number[] = [];
    const memory: number[] = [];
    const forMs = rounds * MS_FOR_EACH_BOX;
    try {
      while (boxes.length < rounds) {
        const box = await runtime.create(OPTIONS);
        boxes.push(box);
        await box.run('true', [], { check: true });
      }
      const end = performance.now() + forMs;
      const lane = async (box: LiteBox): Promise<void> => {
        for (let begin = performance.now(); begin < end; begin = performance.now()) {
          signal.throwIfAborted();
          await box.run('true', [], { check: true });
          took.push(performance.now() - begin);
        }
      };
      const look = async (): Promise<void> => {
        memory.push((await processMemory(process.pid)).pss);
      };
      const timer = setInterval(() => void look().catch(() => undefined), forMs / LOOKS);
      try {
        await Promise.all(boxes.flatMap((box) => Array.from({ length: EXECS_OF_A_BOX }, () => lane(box))));
      } finally {
        clearInterval(timer);
      }
    } finally {
      await Promise.all(boxes.map((box) => box.remove({ force: true })));
    }
    return {
      warm: `image prepared, templates made and used; ${String(rounds)} Boxes run, for ${String(forMs / 1_000)} s`,
      rows: lastingRows(`exec of true, ${String(rounds * EXECS_OF_A_BOX)} at once`, took, memory),
    };
  },
};
