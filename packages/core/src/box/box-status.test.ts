import { BoxliteError } from '@boxlite/shared';
import { type BoxEvent, type BoxStatus, hasMachine, transition } from './box-status.js';

const STATUSES: BoxStatus[] = ['configured', 'starting', 'running', 'paused', 'stopping', 'stopped', 'failed'];
const EVENTS: BoxEvent[] = ['start', 'ready', 'fail', 'pause', 'resume', 'stop', 'exit', 'crash'];

const LEGAL: [BoxStatus, BoxEvent, BoxStatus][] = [
  ['configured', 'start', 'starting'],
  ['stopped', 'start', 'starting'],
  ['failed', 'start', 'starting'],
  ['starting', 'ready', 'running'],
  ['starting', 'fail', 'failed'],
  ['starting', 'crash', 'failed'],
  ['running', 'stop', 'stopping'],
  ['running', 'crash', 'failed'],
  ['running', 'pause', 'paused'],
  ['paused', 'resume', 'running'],
  ['paused', 'stop', 'stopping'],
  ['paused', 'crash', 'failed'],
  ['stopping', 'exit', 'stopped'],
  ['stopping', 'crash', 'stopped'],
];

describe('transition', () => {
  it.each(STATUSES.flatMap((from) => EVENTS.map((event) => [from, event] as const)))('from %s by %s', (from, event) => {
    const legal = LEGAL.find(([status, what]) => status === from && what === event);
    if (legal !== undefined) {
      expect(transition(from, event)).toBe(legal[2]);
      return;
    }
    const attempt = (): BoxStatus => transition(from, event);
    expect(attempt).toThrow(BoxliteError);
    expect(attempt).toThrow(
      expect.objectContaining({ code: 'InvalidState', message: expect.stringMatching(new RegExp(`${from}.*'${event}'`)) as string }),
    );
  });

  it('knows when a VM may exist', () => {
    expect(STATUSES.filter(hasMachine)).toEqual(['starting', 'running', 'paused', 'stopping']);
  });
});
