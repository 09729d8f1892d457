import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { checkOutlives } from '../execution/check-outlives.js';
import { compact } from '../options/compact.js';
import { parseNumber } from '../options/parse-number.js';
import { print } from '../output/print.js';
import { withRuntime } from '../runtime/with-runtime.js';

interface CloneFlags {
  name?: string;
  count?: number;
  snapshot?: string;
}

const EXAMPLES = `
Examples:
  boxlite clone --name copy web
  boxlite clone --count 4 --name worker web      worker-1 to worker-4
  boxlite clone --snapshot ready web             as it was when the snapshot was made`;

/** `boxlite clone`: Boxes that begin as another one is, or was. */
export const cloneCommand = (cli: Cli): Command =>
  new Command('clone')
    .summary('make Boxes that begin as another one is')
    .description(
      'Make Boxes that begin as another one is, and print their ids. Clones of a Box that runs or is paused run at once, and its processes go on in each of them; clones of a stopped Box have its disk, and are stopped.',
    )
    .argument('<box>', 'id or name')
    .option('--name <name>', 'name of the clone; with --count, NAME-1, NAME-2 and so on')
    .option('--count <number>', 'how many clones (default: 1)', parseNumber)
    .option('--snapshot <name>', 'begin as the Box was at this snapshot')
    .addHelpText('after', EXAMPLES)
    .action((name: string, flags: CloneFlags, command: Command) =>
      withRuntime(cli, command, async ({ runtime, interrupts, progress }) => {
        const box = await runtime.get(name);
        if (flags.snapshot !== undefined) await checkOutlives(box, flags.snapshot, 'Clone it as it is now, without --snapshot.');
        const clones = await interrupts.orTakeBack(box.clone(compact(flags)), (made) =>
          Promise.all(made.map((clone) => clone.remove({ force: true }))),
        );
        progress[Symbol.dispose]();
        await print(cli.stdout, clones.map(({ id }) => `${id}\n`).join(''));
      }),
    );
