import { setTimeout as delay } from 'node:timers/promises';
import type { LiteBox } from '@boxlite/core';
import { processMemory } from '../../box/process-memory.js';
import { processMs } from '../../box/processor-time.js';
import type { Measure } from '../../measure.js';
import { edges } from '../../starts/edges.js';
import { type FirstExec, startToFirstExec } from '../../starts/first-exec.js';
import { startedFrom, strays } from '../../starts/origin.js';
import { untilImageTemplate } from '../../starts/templates-ready.js';

const OPTIONS = { memoryMib: 256 };
/** How many at each end of the series are compared. */
const EDGE = 5;
/** How long Boxes are left alone before they count as idle, and how long they are watched then; in milliseconds. */
const SETTLE_MS = 2_000;
const IDLE_MS = 10_000;

const pidOf = async (box: LiteBox): Promise<number> => {
  const { pid } = await box.info();
  if (pid === null) throw new Error(`the Box ${box.id} has ended by itself`);
  return pid;
};

/** The share of one processor that each process takes while nothing is asked of it, in per cent. */
const idleShares = async (pids: readonly number[], signal: AbortSignal): Promise<number[]> => {
  await delay(SETTLE_MS, undefined, { signal });
  const begin = performance.now();
  const before = await Promise.all(pids.map(processMs));
  await delay(IDLE_MS, undefined, { signal });
  const after = await Promise.all(pids.map(processMs));
  const elapsed = performance.now() - begin;
  return after.map((ms, index) => (100 * (ms - (before[index] ?? NaN))) / elapsed);
};

export const density: Measure = {
  name: 'density',
  about: 'as many Boxes as there are rounds, one after the other and then all idle: starts, memory and CPU',
  rounds: 50,
  run: async ({ lab, rounds, signal }) => {
    await using runtime = await lab.openRuntime();
    await untilImageTemplate(runtime, OPTIONS, signal);
    const runs: FirstExec[] = [];
    try {
      while (runs.length < rounds) {
        signal.throwIfAborted();
        runs.push(await startToFirstExec(runtime, OPTIONS));
      }
      const pids = await Promise.all(runs.map(({ box }) => pidOf(box)));
      const shares = await idleShares(pids, signal);
      const memory = await Promise.all(pids.map(processMemory));
      const total = memory.reduce((sum, { pss }) => sum + pss, 0);
      const { first, last, count } = edges(
        startedFrom('image-template', runs).map(({ totalMs }) => totalMs),
        EDGE,
      );
      return {
        warm: `image prepared, templates made and used; idle: ${String(SETTLE_MS / 1000)} s after the last start, for ${String(IDLE_MS / 1000)} s`,
        rows: [
          {
            what: `last ${String(count)} of ${String(rounds)}: create → first exec’s exit status`,
            unit: 'ms',
            samples: last,
            counterpart: { what: `first ${String(count)}`, samples: first },
            aim: { ratio: 1.3 },
          },
          { what: '  all of them', unit: 'ms', samples: runs.map(({ totalMs }) => totalMs) },
          { what: 'memory (PSS) of each VMM', unit: 'bytes', samples: memory.map(({ pss }) => pss), aim: { p50: 60e6 } },
          { what: '  of it private', unit: 'bytes', samples: memory.map((each) => each.private) },
          { what: 'memory (PSS) of all VMMs', unit: 'bytes', samples: [total] },
          { what: 'CPU of each VMM when idle, of one processor', unit: '%', samples: shares, aim: { p50: 0.5 } },
        ],
        skipped: strays('starts', 'image-template', runs).map((stray) => `${stray}; they are only in the row of all`),
      };
    } finally {
      for (const { box } of runs) await box.remove({ force: true });
    }
  },
};
