import type { Execution } from '@boxlite/core';
import type { Cli } from '../cli.js';
import { exitCodeOfStatus } from '../errors/exit-code.js';
import { print } from '../output/print.js';
import type { Interrupts } from '../signals/interrupts.js';
import { attach } from './attach.js';
import { LocalTerminal } from './local-terminal.js';

/** Connects a running command with our stdin, stdout and stderr until it ends. Returns the exit code that tells of its end. */
export const attachAndReport = async (
  cli: Cli,
  execution: Execution,
  { stdin, tty, group = false }: { stdin: boolean; tty: boolean; group?: boolean },
  interrupts: Interrupts,
): Promise<number> => {
  const input = stdin ? cli.stdin() : undefined;
  const terminal = tty ? new LocalTerminal(cli, execution, stdin) : undefined;
  // As a terminal that is taken away.
  if (tty) cli.lost?.addEventListener('abort', () => void execution.kill('SIGHUP').catch(() => undefined));
  const status = await attach(execution, { stdin: input, stdout: cli.stdout, stderr: cli.stderr, interrupts, terminal, group });
  if (status.timedOut) await print(cli.stderr, 'boxlite: the command ran into its --timeout and was ended\n');
  if (status.oomKilled) await print(cli.stderr, 'boxlite: the Box ran out of memory; --memory gives it more\n');
  return exitCodeOfStatus(status);
};
