import type { Lab } from './lab.js';
import type { Findings } from './report/row.js';

/** What a measure runs with. */
export interface MeasureContext {
  lab: Lab;
  rounds: number;
  signal: AbortSignal;
}

/** One thing that is measured; it leaves nothing running and no files behind, however it ends. */
export interface Measure {
  name: string;
  /** For the list of measures: what it times. */
  about: string;
  /** How many times it does so by itself. */
  rounds: number;
  run(context: MeasureContext): Promise<Findings>;
}
