import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { printJson, print } from '../output/print.js';
import { withRuntime } from '../runtime/with-runtime.js';

/** `boxlite pull`: gets an image from its registry. */
export const pullCommand = (cli: Cli): Command =>
  new Command('pull')
    .summary('get an image from its registry')
    .description("Get an image from its registry, or what is newer of it, and print its digest. Credentials are those of 'docker login'.")
    .argument('<image>', 'such as debian:12, ghcr.io/owner/app:1.0, localhost:5000/app@sha256:…')
    .option('--json', 'print a JSON object with all that is known of it')
    .action((reference: string, { json = false }: { json?: boolean }, command: Command) =>
      withRuntime(cli, command, async ({ runtime, interrupts, progress }) => {
        const image = await interrupts.until(runtime.images.pull(reference, { signal: interrupts.signal }));
        progress[Symbol.dispose]();
        await (json ? printJson(cli.stdout, image) : print(cli.stdout, `${image.digest}\n`));
      }),
    );
