import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { print } from '../output/print.js';
import { eachOf } from '../runtime/each-of.js';
import { withRuntime } from '../runtime/with-runtime.js';

/** `boxlite pause`: halts Boxes where they are. */
export const pauseCommand = (cli: Cli): Command =>
  new Command('pause')
    .summary('halt Boxes where they are')
    .description("Halt Boxes where they are: they use no processor time, and their memory stays. 'boxlite unpause' lets them go on.")
    .argument('<box...>', 'ids or names')
    .action((names: readonly string[], _flags: object, command: Command) =>
      withRuntime(cli, command, ({ runtime, interrupts }) =>
        eachOf(cli, command, names, async (name) => {
          const box = await runtime.get(name);
          await interrupts.until(box.pause());
          await print(cli.stdout, `${name}\n`);
        }),
      ),
    );
