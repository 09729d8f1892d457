import type { BoxliteRuntime, BoxOptions, LiteBox, StartOrigin } from '@boxlite/core';
import { threadsMs, vmmThreadsMs } from '../box/processor-time.js';

/** One Box from its creation to the exit status of its first command. */
export interface FirstExec {
  box: LiteBox;
  from: StartOrigin | null;
  createMs: number;
  startMs: number;
  execMs: number;
  /** All three. */
  totalMs: number;
  /** Processor time that the VMM took for it. */
  vmmMs: number;
  /** Processor time that the VMM had taken before, where it was not started for this Box. */
  vmmBeforeMs: number;
}

/** Runs `true` in a running Box. */
export const execTrue = async (box: LiteBox): Promise<void> => {
  await box.run('true', [], { check: true });
};

/** Processor time of a Box's VMM until now. */
export const vmmMsOf = async (box: LiteBox): Promise<number> => {
  const { pid } = await box.info();
  if (pid === null) throw new Error(`the Box ${box.id} has ended by itself`);
  return threadsMs(pid);
};

/** Starts a Box through the public API alone; whoever asks removes it. */
export const startToFirstExec = async (runtime: BoxliteRuntime, options: BoxOptions): Promise<FirstExec> => {
  const before = await vmmThreadsMs();
  const begin = performance.now();
  const box = await runtime.create(options);
  try {
    const created = performance.now();
    await box.start();
    const started = performance.now();
    await execTrue(box);
    const answered = performance.now();
    const vmmMs = await vmmMsOf(box);
    const { startedFrom, pid } = await box.info();
    const vmmBeforeMs = before.get(pid ?? 0) ?? 0;
    return {
      box,
      from: startedFrom,
      createMs: created - begin,
      startMs: started - created,
      execMs: answered - started,
      totalMs: answered - begin,
      vmmMs: vmmMs - vmmBeforeMs,
      vmmBeforeMs,
    };
  } catch (error) {
    await box.remove({ force: true });
    throw error;
  }
};

/** The same, and removes the Box. */
export const startAndRemove = async (runtime: BoxliteRuntime, options: BoxOptions): Promise<FirstExec> => {
  const run = await startToFirstExec(runtime, options);
  await run.box.remove({ force: true });
  return run;
};
