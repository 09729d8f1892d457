import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { print, printJson } from '../output/print.js';
import { fromHere } from '../options/from-here.js';
import { withRuntime } from '../runtime/with-runtime.js';

/** `boxlite load`: takes an image from a file. */
export const loadCommand = (cli: Cli): Command =>
  new Command('load')
    .summary('take an image from an archive or an OCI layout')
    .description(
      "Take an image from an archive (of 'docker save', or an OCI archive) or from a directory with an OCI layout, and print its name or digest.",
    )
    .argument('<path>')
    .option('--json', 'print a JSON object with all that is known of it')
    .action((path: string, { json = false }: { json?: boolean }, command: Command) =>
      withRuntime(cli, command, async ({ runtime, interrupts, progress }) => {
        const image = await interrupts.until(runtime.images.load(fromHere(cli.cwd, path), { signal: interrupts.signal }));
        progress[Symbol.dispose]();
        await (json ? printJson(cli.stdout, image) : print(cli.stdout, `${image.reference ?? image.digest}\n`));
      }),
    );
