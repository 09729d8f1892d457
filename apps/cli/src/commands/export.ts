import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { print } from '../output/print.js';
import { fromHere } from '../options/from-here.js';
import { withRuntime } from '../runtime/with-runtime.js';

const EXAMPLES = `
Examples:
  boxlite export web web.boxlite
  scp web.boxlite other: && ssh other boxlite import web.boxlite`;

/** `boxlite export`: a Box as one file. */
export const exportCommand = (cli: Cli): Command =>
  new Command('export')
    .summary('write a Box to a file')
    .description(
      "Write a Box to a file that 'boxlite import' makes a Box of, here or on another machine: its disk, its image and its options, not its memory. It may run meanwhile. A file that is there is replaced.",
    )
    .argument('<box>', 'id or name')
    .argument('<file>')
    .addHelpText('after', EXAMPLES)
    .action((name: string, file: string, _flags: object, command: Command) =>
      withRuntime(cli, command, async ({ runtime, interrupts, progress }) => {
        const box = await runtime.get(name);
        const written = await interrupts.until(box.export(fromHere(cli.cwd, file), { signal: interrupts.signal }));
        progress[Symbol.dispose]();
        await print(cli.stdout, `${written}\n`);
      }),
    );
