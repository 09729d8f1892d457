import { BoxliteError } from '@boxlite/shared';
import fc from 'fast-check';
import { type BoxEvent, type BoxRequest, type BoxStatus, grant, hasMachine, isBoxStatus, transition } from './box-lifecycle.js';

const STATUSES: BoxStatus[] = ['configured', 'starting', 'running', 'paused', 'stopping', 'stopped', 'failed'];
const EVENTS: BoxEvent[] = ['start', 'ready', 'fail', 'pause', 'resume', 'stop', 'exit', 'end', 'crash', 'lost'];

const LEGAL: [BoxStatus, BoxEvent, BoxStatus][] = [
  ['configured', 'start', 'starting'],
  ['stopped', 'start', 'starting'],
  ['failed', 'start', 'starting'],
  ['starting', 'ready', 'running'],
  ['starting', 'fail', 'failed'],
  ['starting', 'crash', 'failed'],
  ['starting', 'lost', 'failed'],
  ['running', 'stop', 'stopping'],
  ['running', 'crash', 'failed'],
  ['running', 'end', 'stopped'],
  ['running', 'pause', 'paused'],
  ['running', 'lost', 'stopped'],
  ['paused', 'resume', 'running'],
  ['paused', 'stop', 'stopping'],
  ['paused', 'crash', 'failed'],
  ['paused', 'end', 'stopped'],
  ['paused', 'lost', 'stopped'],
  ['stopping', 'exit', 'stopped'],
  ['stopping', 'crash', 'failed'],
  ['stopping', 'lost', 'stopped'],
];

/** What each request needs; no entry: it is granted. */
const REFUSED: Record<BoxRequest, Partial<Record<BoxStatus, BoxStatus>>> = {
  start: { paused: 'running', stopping: 'stopped' },
  query: { configured: 'running', starting: 'running', paused: 'running', stopping: 'running', stopped: 'running', failed: 'running' },
  pause: { configured: 'running', starting: 'running', stopping: 'running', stopped: 'running', failed: 'running' },
  resume: { configured: 'paused', starting: 'paused', stopping: 'paused', stopped: 'paused', failed: 'paused' },
  capture: { starting: 'running', stopping: 'stopped' },
  restore: {},
  stop: {},
  remove: { starting: 'stopped', running: 'stopped', paused: 'stopped', stopping: 'stopped' },
  'remove by force': {},
};
const REQUESTS = Object.keys(REFUSED) as BoxRequest[];

const refusal = (attempt: () => unknown): BoxliteError | undefined => {
  try {
    attempt();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(BoxliteError);
    expect(error).toMatchObject({ code: 'InvalidState' });
    return error as BoxliteError;
  }
};

describe('transition', () => {
  it.each(STATUSES.flatMap((from) => EVENTS.map((event) => [from, event] as const)))('from %s by %s', (from, event) => {
    const legal = LEGAL.find(([status, what]) => status === from && what === event);
    if (legal !== undefined) {
      expect(transition(from, event)).toBe(legal[2]);
      return;
    }
    expect(refusal(() => transition(from, event))?.message).toMatch(new RegExp(`${from}.*'${event}'`));
  });

  it('leads a Box, whatever happens to it in whatever order, to where it can be started, or ended', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...EVENTS), { maxLength: 60 }), (events) => {
        let status: BoxStatus = 'configured';
        for (const event of events) {
          const from: BoxStatus = status;
          if (refusal(() => (status = transition(from, event))) !== undefined) expect(status).toBe(from);
        }
        expect(isBoxStatus(status)).toBe(true);
        // However its runtime ends, the next one can start it.
        const found: BoxStatus = hasMachine(status) ? transition(status, 'lost') : status;
        expect(transition(found, 'start')).toBe('starting');
      }),
    );
  });

  it('knows when a VM may exist', () => {
    expect(STATUSES.filter(hasMachine)).toEqual(['starting', 'running', 'paused', 'stopping']);
  });

  it.each([undefined, null, 1, '', 'Running', 'toString', '__proto__'])('takes %p for no status', (value) => {
    expect(isBoxStatus(value)).toBe(false);
  });
});

describe('grant', () => {
  it.each(REQUESTS.flatMap((request) => STATUSES.map((status) => [request, status] as const)))(
    '%s of one that is %s',
    (request, status) => {
      const refused = refusal(() => {
        grant(request, '0123456789ab', status);
      });
      const needed = REFUSED[request][status];
      if (needed === undefined) expect(refused).toBeUndefined();
      else expect(refused?.message).toMatch(new RegExp(`^Box 0123456789ab is ${status}, and must be ${needed} for this; .+`));
    },
  );
});
