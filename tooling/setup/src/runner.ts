import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, hashTree, writeAtomic } from './files.js';
import { log } from './log.js';
import { root, work } from './paths.js';
import { type Step } from './step.js';

const isFresh = async (step: Step, stampPath: string, inputs: string): Promise<boolean> => {
  for (const output of step.outputs) if (!(await exists(output))) return false;
  const stamp = await readFile(stampPath, 'utf8').catch(() => undefined);
  return stamp === inputs;
};

/**
 * Runs the steps that are not fresh, each as soon as those it comes after are done.
 * A failed step stops only what depends on it. @throws {AggregateError} with every failure, after all others have ended.
 */
export const runSteps = async (steps: readonly Step[], places = { root, stamps: join(work, 'stamps') }): Promise<void> => {
  const outcomes = new Map<string, Promise<boolean>>();
  const failures: Error[] = [];

  const perform = async (step: Step): Promise<boolean> => {
    // Let every step be entered before any looks for those it comes after.
    await Promise.resolve();
    const before = await Promise.all(step.after.map((name) => outcomes.get(name) ?? Promise.resolve(true)));
    if (before.includes(false)) return false;
    try {
      const inputs = [await hashTree(places.root, step.inputs), await step.state?.()].join('\n').trimEnd();
      const stamp = join(places.stamps, step.name);
      if (await isFresh(step, stamp, inputs)) return true;
      const started = Date.now();
      await step.run();
      await writeAtomic(stamp, inputs);
      log(`${step.name}: done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
      return true;
    } catch (cause) {
      failures.push(new Error(`${step.name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause }));
      return false;
    }
  };

  for (const step of steps) outcomes.set(step.name, perform(step));
  await Promise.all(outcomes.values());
  if (failures.length > 0) throw new AggregateError(failures, `${String(failures.length)} of the set-up's steps failed`);
};
