import type { BoxliteRuntime, BoxOptions, StartOrigin } from '@boxlite/core';
import { makeBareTemplate } from '../bare/bare-template.js';
import { interleave } from '../interleave.js';
import type { MeasureContext } from '../measure.js';
import type { Aim, Row } from '../report/row.js';
import { bareFirstExec } from './bare-first-exec.js';
import { type FirstExec, startToFirstExec } from './first-exec.js';
import { startedFrom, strays } from './origin.js';
import { type Refill, untilReady } from './refill.js';
import { startRows } from './rows.js';

/** Starts that use up what their runtime has made ahead. */
export interface AheadStarts {
  what: string;
  options: BoxOptions;
  from: StartOrigin;
  /** What is made ahead, as in 'refill: waiting VMM'. */
  made: string;
  /** How many are ready. */
  ready: () => number;
  /** How many starts used one. */
  used: () => number;
  aim?: Aim;
}

interface AheadStart extends FirstExec {
  usedOne: boolean;
}

/** Each start begins when one is ready again, and what that costs is shown as well. */
export const measureAhead = async (
  runtime: BoxliteRuntime,
  { lab, rounds, signal }: MeasureContext,
  starts: AheadStarts,
): Promise<{ rows: Row[]; skipped: string[] }> => {
  const { what, options, from, made, ready, used, aim } = starts;
  await using template = await makeBareTemplate(await lab.bareMachine(), signal);
  const inBox = async (): Promise<AheadStart> => {
    const before = used();
    const run = await startToFirstExec(runtime, options);
    await untilReady(ready, signal);
    await run.box.remove({ force: true });
    return { ...run, usedOne: used() > before };
  };
  /** Without an exec, which the refill and this measure's looking at it would disturb, and the other way round. */
  const refill = async (): Promise<Refill> => {
    const box = await runtime.create(options);
    await box.start();
    const cost = await untilReady(ready, signal);
    await box.remove({ force: true });
    return cost;
  };
  const contenders = [inBox, () => bareFirstExec(template, signal), refill] as const;
  await interleave(2, contenders, signal);
  const [box, bare, refills] = await interleave(rounds, contenders, signal);
  const runs = startedFrom(from, box).filter(({ usedOne }) => usedOne);
  if (runs.length === 0) throw new Error(`no Box of ${what} was given a ${made}`);
  return {
    rows: [
      ...startRows(what, runs, bare, aim),
      { what: `start’s end → the next ${made} is ready`, unit: 'ms', samples: refills.map(({ ms }) => ms) },
      { what: '  CPU time of its VMM', unit: 'ms', samples: runs.map(({ vmmBeforeMs }) => vmmBeforeMs) },
      { what: '  CPU time of this process', unit: 'ms', samples: refills.map(({ hostMs }) => hostMs) },
    ],
    skipped: strays(what, from, box),
  };
};
