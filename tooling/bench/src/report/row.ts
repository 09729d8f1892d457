import { type Summary, summarize } from './statistics.js';

/** What a number counts, and so which way is good and how it is printed. */
export type Unit = 'ms' | 'MB/s' | 'bytes' | '%';

/** Samples of one thing. */
export interface Series {
  what: string;
  samples: readonly number[];
}

/** What a row's median may be at most, or of a rate at least: in its own unit or as a multiple of its counterpart's. */
export type Aim = { p50: number } | { ratio: number };

/** One line of a report: a thing, and what it is compared with in the same run. */
export interface Row extends Series {
  unit: Unit;
  counterpart?: Series | undefined;
  aim?: Aim;
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
    counterpart?: (Series & Summary) | undefined;
    /** This p50 as a multiple of the counterpart's. */
    ratio?: number;
    /** Whether the aim was reached, where there is one. */
    reached?: boolean;
  };

export const summarizeRow = ({ counterpart, ...row }: Row): SummarizedRow => {
  const better = row.unit === 'MB/s' ? 'higher' : 'lower';
  const own: SummarizedRow = { ...row, ...summarize(row.samples, better) };
  if (counterpart !== undefined) {
    own.counterpart = { ...counterpart, ...summarize(counterpart.samples, better) };
    own.ratio = own.p50 / own.counterpart.p50;
  }
  if (row.aim !== undefined) {
    const [found, aim] = 'p50' in row.aim ? [own.p50, row.aim.p50] : [own.ratio ?? NaN, row.aim.ratio];
    own.reached = better === 'higher' ? found >= aim : found <= aim;
  }
  return own;
};
