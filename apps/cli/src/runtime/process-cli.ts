import type { Cli } from '../cli.js';
import { stdinKind } from '../execution/stdin-kind.js';

/** A broken pipe reaches whoever wrote; without a listener it would also end the process with a stack trace. */
const guarded = <T extends NodeJS.WriteStream>(stream: T): T => stream.on('error', () => undefined);

/** The command line of this process. */
export const processCli = (): Cli => ({
  env: process.env,
  stdout: guarded(process.stdout),
  stderr: guarded(process.stderr),
  stdinKind: stdinKind(0),
  stdin: () => process.stdin,
  signals: process,
  now: () => Date.now(),
  loadCore: () => import('@boxlite/core'),
});
