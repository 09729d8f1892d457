import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { print } from '../output/print.js';
import { eachOf } from '../runtime/each-of.js';
import { withRuntime } from '../runtime/with-runtime.js';

/** `boxlite rm`: removes Boxes with their disks. */
export const rmCommand = (cli: Cli): Command =>
  new Command('rm')
    .summary('remove Boxes')
    .description('Remove Boxes with their disks.')
    .argument('<box...>', 'ids or names')
    .option('-f, --force', 'also Boxes that run')
    .addHelpText('after', '\nExamples:\n  boxlite rm web\n  boxlite rm $(boxlite ps -q --filter status=stopped)')
    .action((names: readonly string[], { force = false }: { force?: boolean }, command: Command) =>
      withRuntime(cli, command, ({ runtime }) =>
        eachOf(cli, command, names, async (name) => {
          await runtime.remove(name, { force });
          await print(cli.stdout, `${name}\n`);
        }),
      ),
    );
