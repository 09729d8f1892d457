import { BoxliteError } from '@boxlite/shared';
import { unsupported } from '../unsupported.js';

/** When a Box that has ended by itself is started again, as checked. */
export interface RestartPolicy {
  name: 'no' | 'on-failure' | 'unless-stopped';
  /** So often at most since somebody has started it; `null` for any number. */
  maxRetries: number | null;
}

/** By Docker's words. */
export type RestartOption = 'no' | 'on-failure' | `on-failure:${number}` | 'unless-stopped' | 'always';

const MAX_RETRIES = 1_000_000;

export const NO_RESTART: RestartPolicy = { name: 'no', maxRetries: null };

/** @throws BoxliteError `InvalidArgument`; `Unsupported` for `always`. */
export const checkRestart = (option: RestartOption | undefined): RestartPolicy => {
  if (option === undefined || option === 'no') return NO_RESTART;
  if (option === 'always')
    throw unsupported("restart 'always'", "nobody starts a Box that was stopped by hand, as there is no daemon: use 'unless-stopped'");
  if (option === 'unless-stopped' || option === 'on-failure') return { name: option, maxRetries: null };
  const retries = Number(/^on-failure:(\d{1,7})$/.exec(option)?.[1] ?? NaN);
  if (!(retries >= 1 && retries <= MAX_RETRIES))
    throw new BoxliteError(
      'InvalidArgument',
      `restart is ${JSON.stringify(option)}; it must be no, on-failure, on-failure:N with N from 1 to ${String(MAX_RETRIES)}, or unless-stopped`,
    );
  return { name: 'on-failure', maxRetries: retries };
};

export const formatRestart = ({ name, maxRetries }: RestartPolicy): RestartOption =>
  name === 'on-failure' && maxRetries !== null ? `on-failure:${maxRetries}` : name;

/** What a Box that runs no more has come to. `lost`: a detached one was found dead. */
export type Ending = 'crashed' | 'lost' | 'unhealthy' | 'main-ended' | 'idle';

/** Whether a Box that has ended by itself is to be started again. */
export const wantsRestart = (
  policy: RestartPolicy,
  onUnhealthy: 'none' | 'stop' | 'restart',
  ending: Ending,
  { restarts, failed }: { restarts: number; failed: boolean },
): boolean => {
  if (policy.maxRetries !== null && restarts >= policy.maxRetries) return false;
  switch (ending) {
    // That is what it was told to do.
    case 'idle':
      return false;
    case 'unhealthy':
      return onUnhealthy === 'restart';
    case 'crashed':
    case 'lost':
      return policy.name !== 'no';
    case 'main-ended':
      return policy.name === 'unless-stopped' || (policy.name === 'on-failure' && failed);
  }
};

/** A Box that has run for so long is well; then the waits begin anew. As Docker has it, in milliseconds. */
const RUNS_WELL_MS = 10_000;
const FIRST_DELAY_MS = 100;
const LAST_DELAY_MS = 60_000;

/** How long to wait before a restart, in milliseconds: 100, and twice as long each time, up to a minute. */
export const restartDelay = (inARow: number): number => Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(inARow, 20));

export const ranWell = (startedAt: string | null, stoppedAt: string | null): boolean =>
  startedAt !== null && stoppedAt !== null && Date.parse(stoppedAt) - Date.parse(startedAt) >= RUNS_WELL_MS;
