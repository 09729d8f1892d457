import type { BoxliteRuntime, BoxOptions, LiteBox } from '@boxlite/core';
import { execTrue } from './first-exec.js';

/** Starts at once, each until its first command has ended; all in milliseconds. */
export interface Together {
  /** Until the last has answered. */
  allMs: number;
  /** Until each has. */
  eachMs: number[];
}

/** Creates and starts Boxes at once, and removes them when all have answered. @throws the first failure. */
export const startTogether = async (runtime: BoxliteRuntime, options: BoxOptions, count: number): Promise<Together> => {
  const boxes: LiteBox[] = [];
  const begin = performance.now();
  const results = await Promise.allSettled(
    Array.from({ length: count }, async () => {
      const box = await runtime.create(options);
      boxes.push(box);
      await execTrue(box);
      return performance.now() - begin;
    }),
  );
  for (const box of boxes) await box.remove({ force: true });
  const eachMs = results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
  return { allMs: Math.max(...eachMs), eachMs };
};
