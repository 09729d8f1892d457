import { Command } from 'commander';
import type { LiteBox } from '@boxlite/core';
import type { Cli } from '../cli.js';
import { exitCodeOfStatus } from '../errors/exit-code.js';
import { CliError } from '../errors/cli-error.js';
import { print } from '../output/print.js';
import { eachOf } from '../runtime/each-of.js';
import { withRuntime } from '../runtime/with-runtime.js';

const exitOf = async (box: LiteBox, name: string): Promise<number> => {
  const { status, exitCode, exitSignal } = await box.info();
  if (exitCode !== null || exitSignal !== null) return exitCodeOfStatus({ exitCode, signal: exitSignal, timedOut: false });
  if (status !== 'running') throw new CliError(`Box ${name} is ${status}, and its main process has not ended by itself`);
  const main = await box.attach();
  main.stdout.resume();
  main.stderr.resume();
  return exitCodeOfStatus(await main.wait());
};

/** `boxlite wait`: until the main processes of Boxes have ended. */
export const waitCommand = (cli: Cli): Command =>
  new Command('wait')
    .summary('wait until Boxes have ended, and print their exit codes')
    .description('Wait until the main processes of Boxes have ended, and print the exit code of each.')
    .argument('<box...>', 'ids or names')
    .action((names: readonly string[], _flags: object, command: Command) =>
      withRuntime(cli, command, ({ runtime, interrupts }) =>
        eachOf(cli, command, names, async (name) => {
          const box = await runtime.get(name);
          await print(cli.stdout, `${String(await interrupts.until(exitOf(box, name)))}\n`);
        }),
      ),
    );
