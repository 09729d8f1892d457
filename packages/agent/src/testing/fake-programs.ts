import { BoxliteError } from '@boxlite/shared';

import type { FakeExec } from './fake-exec.js';

/** A program of the fake guest. It starts and ends the execution itself. */
export type FakeProgram = (exec: FakeExec) => void | Promise<void>;

const STDIN_CREDIT = 256 * 1024;

/** What a fake agent can run. */
export const fakePrograms: Record<string, FakeProgram> = {
  true: (exec) => {
    exec.started();
    exec.finish();
  },
  exit: (exec) => {
    exec.started();
    exec.finish(Number(exec.argv[1]));
  },
  echo: async (exec) => {
    exec.started();
    await exec.print('stdout', `${exec.argv.slice(1).join(' ')}\n`);
    exec.finish();
  },
  env: async (exec) => {
    exec.started();
    await exec.print('stdout', exec.start.env.map((entry) => `${entry.toString()}\n`).join(''));
    exec.finish();
  },
  /** Copies stdin to stdout. */
  cat: async (exec) => {
    exec.started(STDIN_CREDIT);
    for (let chunk = await exec.read(); chunk; chunk = await exec.read()) await exec.print('stdout', chunk);
    exec.finish();
  },
  /** Prints so many bytes, in chunks of so many. */
  zeros: async (exec) => {
    exec.started();
    let left = Number(exec.argv[1]);
    const chunk = Buffer.alloc(Math.min(left, 64 * 1024));
    for (; left > 0 && !exec.cancelled; left -= chunk.length) {
      await exec.print('stdout', chunk.subarray(0, Math.min(left, chunk.length)), Number(exec.argv[2] ?? 64 * 1024));
    }
    exec.finish();
  },
  /** Prints so many bytes to stdout and to stderr, each at the pace of its reader. */
  both: async (exec) => {
    exec.started();
    const bytes = Buffer.alloc(Number(exec.argv[1]));
    await Promise.all([exec.print('stdout', bytes), exec.print('stderr', bytes).then(() => exec.close('stderr'))]);
    exec.exited(0);
    exec.close('stdout');
    exec.call.end();
  },
  /** Sleeps until it is killed. */
  sleep: async (exec) => {
    exec.started(STDIN_CREDIT);
    while (exec.signals.length === 0 && !exec.cancelled) await exec.change();
    if (exec.cancelled) return;
    exec.exited(undefined, exec.signals[0]);
    exec.close('stdout');
    exec.close('stderr');
    exec.call.end();
  },
  /** Prints the first line of stdin and closes it. */
  head: async (exec) => {
    exec.started(STDIN_CREDIT);
    const chunk = await exec.read();
    exec.close('stdin');
    await exec.print('stdout', chunk?.subarray(0, 1) ?? '');
    while (exec.signals.length === 0 && !exec.cancelled) await exec.change();
    exec.finish();
  },
  /** Leaves a process behind that keeps stdout open. */
  daemon: async (exec) => {
    exec.started();
    await exec.print('stdout', 'before\n');
    exec.exited(0);
    exec.flushed('stdout');
    exec.flushed('stderr');
    await exec.print('stdout', 'after\n');
    while (exec.signals.length === 0 && !exec.cancelled) await exec.change();
    exec.close('stdout');
    exec.close('stderr');
    exec.call.end();
  },
};

export const commandNotFound = (command: string): BoxliteError =>
  new BoxliteError('Execution', `${command}: not found in PATH`, { reason: 'command-not-found' });
