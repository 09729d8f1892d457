import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { compact } from '../options/compact.js';
import { print } from '../output/print.js';
import { fromHere } from '../options/from-here.js';
import { withRuntime } from '../runtime/with-runtime.js';

/** `boxlite import`: a Box from a file. */
export const importCommand = (cli: Cli): Command =>
  new Command('import')
    .summary('make a Box of an exported one')
    .description(
      "Make a Box of a file that 'boxlite export' wrote, and print its id. It has the exported Box's name where that is free, and is stopped.",
    )
    .argument('<file>')
    .option('--name <name>', 'another name for it')
    .addHelpText('after', '\nExamples:\n  boxlite import web.boxlite && boxlite start web\n  boxlite import --name copy web.boxlite')
    .action((file: string, { name }: { name?: string }, command: Command) =>
      withRuntime(cli, command, async ({ runtime, interrupts, progress }) => {
        const box = await interrupts.until(runtime.import(fromHere(cli.cwd, file), compact({ name, signal: interrupts.signal })));
        progress[Symbol.dispose]();
        await print(cli.stdout, `${box.id}\n`);
      }),
    );
