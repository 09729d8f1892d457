import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A program of this package that runs beside the measure and ends when its channel is closed. */
export interface RunningProgram extends AsyncDisposable {
  pid: number;
  /** The one thing it said when it was ready. */
  message: unknown;
}

export interface ProgramOptions {
  args?: readonly string[];
  /** Arguments of Node itself. @defaultValue this process's own, so that TypeScript runs */
  execArgv?: readonly string[];
}

/** Starts a file of `programs/`, and resolves when it has sent its message. @throws Error when it ends before. */
export const startProgram = async (file: string, options: ProgramOptions = {}): Promise<RunningProgram> => {
  const child = fork(fileURLToPath(new URL(`programs/${file}`, import.meta.url)), options.args, {
    execArgv: [...(options.execArgv ?? process.execArgv)],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  const [message] = (await Promise.race([
    once(child, 'message'),
    ended.then(([code, signal]) => {
      throw new Error(`${file} ended with ${String(signal ?? code)} before it was ready`);
    }),
  ])) as [unknown];
  return { pid: child.pid ?? 0, message, [Symbol.asyncDispose]: () => stop(child, ended) };
};

const stop = async (child: ChildProcess, ended: Promise<unknown>): Promise<void> => {
  if (child.connected) child.disconnect();
  await ended;
};
