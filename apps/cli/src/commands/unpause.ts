import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { print } from '../output/print.js';
import { eachOf } from '../runtime/each-of.js';
import { withRuntime } from '../runtime/with-runtime.js';

/** `boxlite unpause`: lets paused Boxes go on. */
export const unpauseCommand = (cli: Cli): Command =>
  new Command('unpause')
    .alias('resume')
    .summary('let paused Boxes go on')
    .description('Let paused Boxes go on where they were halted; their clocks are put right.')
    .argument('<box...>', 'ids or names')
    .action((names: readonly string[], _flags: object, command: Command) =>
      withRuntime(cli, command, ({ runtime, interrupts }) =>
        eachOf(cli, command, names, async (name) => {
          const box = await runtime.get(name);
          await interrupts.until(box.resume());
          await print(cli.stdout, `${name}\n`);
        }),
      ),
    );
