import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { CliError } from '../errors/cli-error.js';
import { print } from '../output/print.js';
import { eachOf } from '../runtime/each-of.js';
import { withRuntime } from '../runtime/with-runtime.js';

/** `boxlite start`: boots Boxes, and leaves them running. */
export const startCommand = (cli: Cli): Command =>
  new Command('start')
    .summary('start Boxes')
    .description('Start Boxes; they run until they are stopped. A Box that runs already stays as it is.')
    .argument('<box...>', 'ids or names')
    .action((names: readonly string[], _flags: object, command: Command) =>
      withRuntime(cli, command, ({ runtime, interrupts }) =>
        eachOf(cli, command, names, async (name) => {
          const box = await runtime.get(name);
          if (!(await box.info()).detach) {
            throw new CliError(
              `Box ${name} was made by 'boxlite run' and cannot outlive a command`,
              `'boxlite exec ${name} COMMAND' starts it for as long as the command runs.`,
            );
          }
          await interrupts.until(box.start());
          await print(cli.stdout, `${name}\n`);
        }),
      ),
    );
