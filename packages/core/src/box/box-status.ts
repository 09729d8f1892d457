import { BoxliteError } from '@boxlite/shared';

/**
 * The life of a Box.
 *
 * ```
 * configured ─start→ starting ─ready→ running ─stop→ stopping ─exit→ stopped ─start→ starting …
 *                       │ fail          │ ↑  │ crash    ↑  │
 *                       ↓          pause│ │  ↓          │  ↓
 *                     failed            ↓ │resume       │ (exit, however it came)
 *                       │ start        paused ───stop───┘            running, paused ─end→ stopped
 *                       ↓                └─crash→ failed
 *                    starting …
 * ```
 */
export type BoxStatus = 'configured' | 'starting' | 'running' | 'paused' | 'stopping' | 'stopped' | 'failed';

/** What happens to a Box: `exit` is an end that was asked for, `end` an orderly one by its guest itself, `crash` any other. */
export type BoxEvent = 'start' | 'ready' | 'fail' | 'pause' | 'resume' | 'stop' | 'exit' | 'end' | 'crash';

const TABLE: Record<BoxStatus, Partial<Record<BoxEvent, BoxStatus>>> = {
  configured: { start: 'starting' },
  starting: { ready: 'running', fail: 'failed', crash: 'failed' },
  running: { pause: 'paused', stop: 'stopping', end: 'stopped', crash: 'failed' },
  paused: { resume: 'running', stop: 'stopping', end: 'stopped', crash: 'failed' },
  stopping: { exit: 'stopped', crash: 'stopped' },
  stopped: { start: 'starting' },
  failed: { start: 'starting' },
};

/**
 * The status that follows `from` after `event`.
 * @throws BoxliteError `InvalidState` naming both when the table has no such step.
 */
export const transition = (from: BoxStatus, event: BoxEvent): BoxStatus => {
  const to = TABLE[from][event];
  if (to === undefined)
    throw new BoxliteError(
      'InvalidState',
      `a Box that is ${from} cannot take '${event}'; it can take ${Object.keys(TABLE[from]).join(', ')}`,
    );
  return to;
};

/** True for a word that is a status, as what a file holds may not be. */
export const isBoxStatus = (value: unknown): value is BoxStatus => typeof value === 'string' && Object.hasOwn(TABLE, value);

/** True while the Box has a VM that its user may ask for something: to run, to pause, to be copied. */
export const isUp = (status: BoxStatus): boolean => status === 'running' || status === 'paused';

/** True while a VM may exist for the Box. */
export const hasMachine = (status: BoxStatus): boolean => isUp(status) || status === 'starting' || status === 'stopping';
