import { EventEmitter } from 'node:events';
import { InterruptedError } from '../errors/cli-error.js';
import { Interrupts } from './interrupts.js';

const setUp = () => {
  const source = new EventEmitter();
  const exits: string[] = [];
  let time = 0;
  const interrupts = new Interrupts({ source, exit: (signal) => exits.push(signal), now: () => time });
  const send = (signal: NodeJS.Signals, after = 100): void => {
    time += after;
    source.emit(signal, signal);
  };
  return { source, exits, interrupts, send };
};

describe('Interrupts', () => {
  it('aborts at the first signal, and ends at once at the second', () => {
    const { exits, interrupts, send } = setUp();
    send('SIGTERM');
    expect(interrupts.signal.reason).toBeInstanceOf(InterruptedError);
    expect(interrupts.signal.reason).toMatchObject({ signal: 'SIGTERM' });
    expect(exits).toEqual([]);
    send('SIGINT');
    expect(exits).toEqual(['SIGINT']);
  });

  it('passes signals on to a command while it runs', () => {
    const { interrupts, send } = setUp();
    const got: string[] = [];
    {
      using _ = interrupts.forwardTo((signal) => got.push(signal));
      for (const signal of ['SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGINT', 'SIGINT'] as const) send(signal);
    }
    expect(got).toEqual(['SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGINT', 'SIGINT']);
    expect(interrupts.signal.aborted).toBe(false);
    send('SIGINT');
    expect(interrupts.signal.aborted).toBe(true);
  });

  it('kills the command at the third Ctrl-C within two seconds, and gives it up at the next', () => {
    const { interrupts, send } = setUp();
    const got: string[] = [];
    using _ = interrupts.forwardTo((signal) => got.push(signal));
    send('SIGINT');
    send('SIGINT', 1_500);
    send('SIGINT', 1_000);
    expect(got).toEqual(['SIGINT', 'SIGINT', 'SIGINT']);
    send('SIGINT', 400);
    expect(got.at(-1)).toBe('SIGKILL');
    send('SIGINT');
    expect(got).toHaveLength(4);
    expect(interrupts.signal.reason).toMatchObject({ signal: 'SIGKILL' });
  });

  it('ends waits', async () => {
    const { interrupts, send } = setUp();
    await expect(interrupts.until(Promise.resolve(7))).resolves.toBe(7);
    await expect(interrupts.until(Promise.reject(new Error('no')))).rejects.toThrow('no');
    const waiting = interrupts.until(new Promise(() => undefined));
    send('SIGINT');
    await expect(waiting).rejects.toBeInstanceOf(InterruptedError);
    await expect(interrupts.until(Promise.resolve(7))).rejects.toBeInstanceOf(InterruptedError);
  });

  it('takes back what was finished after a signal, and nothing otherwise', async () => {
    const { interrupts, send } = setUp();
    const taken: number[] = [];
    const takeBack = (made: number): Promise<number> => Promise.resolve(taken.push(made));
    await expect(interrupts.orTakeBack(Promise.resolve(1), takeBack)).resolves.toBe(1);
    const late = interrupts.orTakeBack(new Promise<number>((resolve) => setImmediate(resolve, 2)), takeBack);
    send('SIGINT');
    await expect(late).rejects.toBeInstanceOf(InterruptedError);
    expect(taken).toEqual([2]);
  });

  it('tells of any signal to what need not be waited for', () => {
    const { interrupts, send } = setUp();
    using _ = interrupts.forwardTo(() => undefined);
    expect(interrupts.hurry.aborted).toBe(false);
    send('SIGINT');
    expect([interrupts.hurry.aborted, interrupts.signal.aborted]).toEqual([true, false]);
  });

  it('leaves no listener behind', () => {
    const { source, interrupts } = setUp();
    expect(source.listenerCount('SIGINT')).toBe(1);
    interrupts[Symbol.dispose]();
    expect(source.eventNames()).toEqual([]);
  });
});
