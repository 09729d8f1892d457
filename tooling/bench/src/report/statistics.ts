/** The value below which the given share of the samples lies, between the two nearest ones. @throws RangeError without samples. */
export const percentile = (samples: readonly number[], share: number): number => {
  if (samples.length === 0) throw new RangeError('there are no samples');
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? NaN;
  const above = sorted[Math.ceil(at)] ?? NaN;
  return below + (above - below) * (at - Math.floor(at));
};

export interface Summary {
  n: number;
  p50: number;
  /** What 95 % of the samples were at least as good as. */
  p95: number;
  /** The longest time, or the lowest rate. */
  worst: number;
}

/** @param better whether a low value (a time) or a high one (a rate) is the good one */
export const summarize = (samples: readonly number[], better: 'lower' | 'higher'): Summary => ({
  n: samples.length,
  p50: percentile(samples, 0.5),
  p95: percentile(samples, better === 'lower' ? 0.95 : 0.05),
  worst: percentile(samples, better === 'lower' ? 1 : 0),
});
