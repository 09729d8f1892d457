import { spawnSync } from 'node:child_process';
import type { Cli } from '../cli.js';
import { stdinKind } from '../execution/stdin-kind.js';

/** A broken pipe reaches whoever wrote; without a listener it would also end the process with a stack trace. */
const guarded = <T extends NodeJS.WriteStream>(stream: T): T => stream.on('error', () => undefined);

/** Node.js puts the terminal back by itself where the process ends without doing so. */
const setRawTerminal = (raw: boolean): void => {
  process.stdin.setRawMode(raw);
  // Node.js leaves line feeds to the terminal, which then moves the cursor to the left where a full-screen program does not want it.
  // Where there is no stty, it is almost right.
  if (raw) spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
};

/** One that was deleted has no path any more. Its old one says in errors what a relative path was meant to be. */
const currentDirectory = (): string => {
  try {
    return process.cwd();
  } catch {
    return process.env['PWD'] ?? '/';
  }
};

/** The command line of this process. */
export const processCli = (): Cli => ({
  env: process.env,
  cwd: currentDirectory(),
  stdout: guarded(process.stdout),
  stderr: guarded(process.stderr),
  stdinKind: stdinKind(0),
  stdin: () => process.stdin,
  setRawTerminal,
  signals: process,
  now: () => Date.now(),
  loadCore: () => import('@boxlite/core'),
});
