import { percentile } from './report/statistics.js';

/** The samples in the order in which they came, as two. */
export const halves = (samples: readonly number[]): [first: number[], second: number[]] => {
  const middle = Math.ceil(samples.length / 2);
  return [samples.slice(0, middle), samples.slice(middle)];
};

/** What 99 % of the samples of each part were at least as good as; parts follow one another, and none is empty. */
export const p99OfParts = (samples: readonly number[], parts: number): number[] => {
  const size = Math.max(1, Math.ceil(samples.length / parts));
  const count = Math.ceil(samples.length / size);
  return Array.from({ length: count }, (_, part) => percentile(samples.slice(part * size, (part + 1) * size), 0.99));
};
