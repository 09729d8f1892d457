import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { print } from '../output/print.js';
import { eachOf } from '../runtime/each-of.js';
import { withRuntime } from '../runtime/with-runtime.js';

/** `boxlite rmi`: removes images. */
export const rmiCommand = (cli: Cli): Command =>
  new Command('rmi')
    .summary('remove images')
    .description('Remove images that no Box uses.')
    .argument('<image...>', 'names or digests')
    .action((names: readonly string[], _flags: object, command: Command) =>
      withRuntime(cli, command, ({ runtime }) =>
        eachOf(cli, command, names, async (name) => {
          await runtime.images.remove(name);
          await print(cli.stdout, `${name}\n`);
        }),
      ),
    );
