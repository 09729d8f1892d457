import type { Execution } from '@boxlite/core';
import type { Cli } from '../cli.js';
import { exitCodeOfStatus } from '../errors/exit-code.js';
import { print } from '../output/print.js';
import type { Interrupts } from '../signals/interrupts.js';
import { attach } from './attach.js';

/** Connects a running command with our stdin, stdout and stderr until it ends. Returns the exit code that tells of its end. */
export const attachAndReport = async (cli: Cli, execution: Execution, stdin: boolean, interrupts: Interrupts): Promise<number> => {
  const status = await attach(execution, { stdin: stdin ? cli.stdin() : undefined, stdout: cli.stdout, stderr: cli.stderr, interrupts });
  if (status.timedOut) await print(cli.stderr, 'boxlite: the command ran into its --timeout and was ended\n');
  return exitCodeOfStatus(status);
};
