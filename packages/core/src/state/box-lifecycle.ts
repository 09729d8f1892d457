/**
 * The life of a Box, as two total tables: what happens to it, and what may be asked of it.
 *
 * ```
 * configured ─start→ starting ─ready→ running ─stop→ stopping ─exit→ stopped ─start→ starting …
 *                       │ fail          │ ↑  │ crash    ↑  │
 *                       ↓          pause│ │  ↓          │  ↓
 *                     failed            ↓ │resume       │ exit (crash→ failed)
 *                       │ start        paused ───stop───┘            running, paused ─end, lost→ stopped
 *                       ↓                └─crash→ failed
 *                    starting …
 * ```
 *
 * One owner per Box, its `BoxController`, takes all steps, one at a time. A request that comes during a step waits for its end, so `starting`
 * and `stopping` answer only those that do not wait, and those that find a step that failed midway.
 */
import { BoxliteError } from '@boxlite/shared';

/** Where a Box is in its life. */
export type BoxStatus = 'configured' | 'starting' | 'running' | 'paused' | 'stopping' | 'stopped' | 'failed';

/**
 * What happens to a Box: `exit` is an end that was asked for, `end` an orderly one by its guest itself, `crash` any other; `lost` is what the
 * next runtime finds of a Box whose own has ended under it.
 */
export type BoxEvent = 'start' | 'ready' | 'fail' | 'pause' | 'resume' | 'stop' | 'exit' | 'end' | 'crash' | 'lost';

/**
 * What may be asked of a Box: `start` is also every use that starts it (commands, files, copies), `query` what needs that it runs, `capture`
 * what clones, snapshots and exports are made of, `restore` to be put back to a snapshot.
 */
export type BoxRequest = 'start' | 'query' | 'pause' | 'resume' | 'capture' | 'restore' | 'stop' | 'remove' | 'remove by force';

const STEPS: Record<BoxStatus, Partial<Record<BoxEvent, BoxStatus>>> = {
  configured: { start: 'starting' },
  starting: { ready: 'running', fail: 'failed', crash: 'failed', lost: 'failed' },
  running: { pause: 'paused', stop: 'stopping', end: 'stopped', crash: 'failed', lost: 'stopped' },
  paused: { resume: 'running', stop: 'stopping', end: 'stopped', crash: 'failed', lost: 'stopped' },
  stopping: { exit: 'stopped', crash: 'failed', lost: 'stopped' },
  stopped: { start: 'starting' },
  failed: { start: 'starting' },
};

/** Of each request in each status: granted, or the status that it needs. */
type Answers = Record<BoxStatus, 'granted' | BoxStatus>;

const always: Answers = {
  configured: 'granted',
  starting: 'granted',
  running: 'granted',
  paused: 'granted',
  stopping: 'granted',
  stopped: 'granted',
  failed: 'granted',
};
const onlyRunning: Answers = {
  configured: 'running',
  starting: 'running',
  running: 'granted',
  paused: 'running',
  stopping: 'running',
  stopped: 'running',
  failed: 'running',
};

const REQUESTS: Record<BoxRequest, Answers> = {
  start: { ...always, paused: 'running', stopping: 'stopped' },
  query: onlyRunning,
  pause: { ...onlyRunning, paused: 'granted' },
  resume: {
    ...onlyRunning,
    configured: 'paused',
    starting: 'paused',
    paused: 'granted',
    stopping: 'paused',
    stopped: 'paused',
    failed: 'paused',
  },
  capture: { ...always, starting: 'running', stopping: 'stopped' },
  restore: always,
  stop: always,
  remove: { ...always, starting: 'stopped', running: 'stopped', paused: 'stopped', stopping: 'stopped' },
  'remove by force': always,
};

/**
 * The status that follows `from` after `event`.
 * @throws BoxliteError `InvalidState` naming both when the table has no such step.
 */
export const transition = (from: BoxStatus, event: BoxEvent): BoxStatus => {
  const to = STEPS[from][event];
  if (to === undefined)
    throw new BoxliteError(
      'InvalidState',
      `a Box that is ${from} cannot take '${event}'; it can take ${Object.keys(STEPS[from]).join(', ')}`,
    );
  return to;
};

/** What its user can do about a refusal. */
const advice = (request: BoxRequest, status: BoxStatus, needed: BoxStatus): string => {
  if (request === 'remove') return 'stop it first, or remove it with force';
  if (needed === 'stopped') return 'its VM has not ended, so stop it again, or remove it with force';
  if (needed === 'paused') return 'there is nothing to resume';
  return status === 'paused' ? 'resume it first' : 'start it first';
};

/**
 * Lets a request through, or refuses it.
 * @throws BoxliteError `InvalidState` naming the Box's status and the one that the request needs.
 */
export const grant = (request: BoxRequest, id: string, status: BoxStatus): void => {
  const answer = REQUESTS[request][status];
  if (answer === 'granted') return;
  const what = `Box ${id} is ${status}, and must be ${answer} for this; ${advice(request, status, answer)}`;
  throw new BoxliteError('InvalidState', what);
};

/** True for a word that is a status, as what a file holds may not be. */
export const isBoxStatus = (value: unknown): value is BoxStatus => typeof value === 'string' && Object.hasOwn(STEPS, value);

/** True while the Box has a VM that its user may ask for something: to run, to pause, to be copied. */
export const isUp = (status: BoxStatus): boolean => status === 'running' || status === 'paused';

/** True while a VM may exist for the Box. */
export const hasMachine = (status: BoxStatus): boolean => isUp(status) || status === 'starting' || status === 'stopping';
