import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { print, printJson } from '../output/print.js';
import { size } from '../output/units.js';
import { withRuntime } from '../runtime/with-runtime.js';

const pruneCommand = (cli: Cli): Command =>
  new Command('prune')
    .summary('remove images that nobody needs')
    .description('Remove images whose tag has gone to a newer one, root file systems and layers without an image, and half downloads.')
    .option('-a, --all', 'every image that no Box stands on')
    .option('--json', 'print a JSON object')
    .action(({ all = false, json = false }: { all?: boolean; json?: boolean }, command: Command) =>
      withRuntime(cli, command, async ({ runtime, interrupts }) => {
        const report = await interrupts.until(runtime.images.prune({ all }));
        const text = [...report.removed.map((name) => `removed ${name}`), `freed ${size(report.freedBytes)}`, ''].join('\n');
        await (json ? printJson(cli.stdout, report) : print(cli.stdout, text));
      }),
    );

/** `boxlite image`: what is done to images as a whole. */
export const imageCommand = (cli: Cli): Command =>
  new Command('image')
    .summary('clean up images')
    .description('Clean up images.')
    .usage('COMMAND')
    .helpCommand(false)
    .addCommand(pruneCommand(cli));
