import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { InterruptedError, OutputClosedError, ReportedError } from '../errors/cli-error.js';
import { describeError } from '../errors/describe-error.js';
import { print } from '../output/print.js';
import { commandPath, globalOptionsOf } from './command-context.js';

/**
 * Does the same to several Boxes or images, one after another. A failure is printed and does not keep the rest from being done.
 * @throws ReportedError in the end, when one failed.
 */
export const eachOf = async (
  cli: Cli,
  command: Command,
  names: readonly string[],
  work: (name: string) => Promise<void>,
): Promise<void> => {
  let failed = 0;
  for (const name of names) {
    try {
      await work(name);
    } catch (error) {
      if (error instanceof InterruptedError || error instanceof OutputClosedError) throw error;
      failed += 1;
      await print(cli.stderr, describeError(error, { command: commandPath(command), debug: globalOptionsOf(command).debug === true }));
    }
  }
  if (failed > 0) throw new ReportedError(`${String(failed)} of ${String(names.length)} failed`);
};
