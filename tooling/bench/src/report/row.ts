import { type Summary, summarize } from './statistics.js';

/** What a number counts, and so which way is good and how it is printed. */
export type Unit = 'ms' | 'MB/s' | 'bytes';

/** Samples of one thing. */
export interface Series {
  what: string;
  samples: readonly number[];
}

/** One line of a report: a thing, and what it is compared with in the same run. */
export interface Row extends Series {
  unit: Unit;
  counterpart?: Series;
}

/** What a measure found. */
export interface Findings {
  /** What was done before and is not part of the figures: caches, images, first runs. */
  warm: string;
  rows: readonly Row[];
  /** What could not be measured here, and why. */
  skipped?: readonly string[];
}

export type SummarizedRow = Row &
  Summary & {
    counterpart?: Series & Summary;
    /** This p50 as a multiple of the counterpart's. */
    ratio?: number;
  };

export const summarizeRow = ({ counterpart, ...row }: Row): SummarizedRow => {
  const better = row.unit === 'MB/s' ? 'higher' : 'lower';
  const own = { ...row, ...summarize(row.samples, better) };
  if (counterpart === undefined) return own;
  const other = { ...counterpart, ...summarize(counterpart.samples, better) };
  return { ...own, counterpart: other, ratio: own.p50 / other.p50 };
};
