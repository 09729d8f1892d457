import { type Command, CommanderError } from 'commander';
import type { Cli } from './cli.js';
import { EXIT, RanElsewhereError } from './errors/cli-error.js';
import { describeError } from './errors/describe-error.js';
import { exitCodeOfError } from './errors/exit-code.js';
import { print } from './output/print.js';
import { buildProgram } from './program.js';
import { commandPath, globalOptionsOf } from './runtime/command-context.js';

/**
 * Runs `boxlite` with these arguments. Never rejects: failures are printed.
 * @returns the exit code
 */
export const runCommandLine = async (args: readonly string[], cli: Cli): Promise<number> => {
  let exitCode = 0;
  let active: Command | undefined;
  const program = buildProgram(cli, (code) => {
    exitCode = code;
  }).hook('preAction', (_, command) => {
    active = command;
  });
  try {
    await program.parseAsync(args.length === 0 ? ['--help'] : args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof RanElsewhereError) return error.exitCode;
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.failed;
    const debug = active === undefined ? args.includes('--debug') : globalOptionsOf(active).debug === true;
    const text = describeError(error, { command: active === undefined ? 'boxlite' : commandPath(active), debug });
    // When nobody reads stderr either, the exit code has to do.
    if (text !== '') await print(cli.stderr, text).catch(() => undefined);
    return exitCodeOfError(error);
  }
};
