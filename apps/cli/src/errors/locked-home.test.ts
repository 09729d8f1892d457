import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { BoxliteError } from '@boxlite/shared';
import { describeLockedHome, isLockedHome } from './locked-home.js';

const locked = (message: string): BoxliteError => new BoxliteError('Config', message, { reason: 'locked' });

describe('a locked home', () => {
  it('is known by its code and reason', () => {
    expect(isLockedHome(locked('x'))).toBe(true);
    expect(isLockedHome(new BoxliteError('Config', 'x'))).toBe(false);
    expect(isLockedHome(new Error('x'))).toBe(false);
  });

  it('is described by its holder and what can be done', () => {
    expect(describeLockedHome(locked('/home/a b/.boxlite/lock is locked by process 2147483647; end that one first'))).toEqual({
      message: 'the home /home/a b/.boxlite is in use by process 2147483647; one process uses a home at a time',
      hint: "Wait until it ends, end it ('kill 2147483647'), or use another home with --home or BOXLITE_HOME.",
    });
  });

  it('names the program of its holder', async () => {
    const holder = spawn('sleep', ['--', '60']);
    const pid = String(holder.pid);
    expect(describeLockedHome(locked(`/h/lock is locked by process ${pid}; end that one first`)).message).toBe(
      `the home /h is in use by process ${pid} (sleep 60); one process uses a home at a time`,
    );
    holder.kill();
    await once(holder, 'close');
  });

  it('may have a holder that has not said who it is', () => {
    expect(describeLockedHome(locked('/h/lock is locked by another process; end that one first'))).toEqual({
      message: 'the home /h is in use by another process; one process uses a home at a time',
      hint: 'Wait until it ends, end it, or use another home with --home or BOXLITE_HOME.',
    });
  });

  it('keeps words that it does not know', () => {
    expect(describeLockedHome(locked('it is taken')).message).toBe('it is taken');
  });
});
