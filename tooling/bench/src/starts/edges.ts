/** The first and the last few of a series, of each the same number and none in both. */
export const edges = (samples: readonly number[], most: number): { first: number[]; last: number[]; count: number } => {
  const count = Math.max(1, Math.min(most, Math.floor(samples.length / 2)));
  return { first: samples.slice(0, count), last: samples.slice(-count), count };
};
