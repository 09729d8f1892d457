import type { BoxInfo, BoxMetrics } from '@boxlite/core';

/** What a Box uses at the moment: plain data, as `--json` prints it. */
export interface BoxUse extends Pick<BoxInfo, 'id' | 'name'> {
  guest: NonNullable<BoxMetrics['guest']>;
  host: NonNullable<BoxMetrics['host']>;
}
