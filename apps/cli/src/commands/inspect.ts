import type { BoxInfo, BoxliteRuntime, ImageInfo } from '@boxlite/core';
import { Command, Option } from 'commander';
import type { Cli } from '../cli.js';
import { CliError } from '../errors/cli-error.js';
import { isBoxliteError } from '../errors/exit-code.js';
import { print, printJson } from '../output/print.js';
import { eachOf } from '../runtime/each-of.js';
import { withRuntime } from '../runtime/with-runtime.js';

type Kind = 'box' | 'image';

/** What does not exist as one kind may exist as the other; a name that cannot be one (`debian:12`) is not that kind. */
const orUndefined = async <T>(promise: Promise<T>): Promise<T | undefined> => {
  try {
    return await promise;
  } catch (error) {
    if (isBoxliteError(error) && (error.code === 'NotFound' || error.code === 'InvalidArgument')) return undefined;
    throw error;
  }
};

const find = async (runtime: BoxliteRuntime, name: string, kind: Kind | undefined): Promise<BoxInfo | ImageInfo> => {
  if (kind === 'box') return (await runtime.get(name)).info();
  if (kind === 'image') return runtime.images.get(name);
  const found = (await orUndefined(runtime.get(name).then((box) => box.info()))) ?? (await orUndefined(runtime.images.get(name)));
  if (found === undefined)
    throw new CliError(`there is no Box and no image '${name}'`, "'boxlite ps --all' and 'boxlite images' show those that exist.");
  return found;
};

/** `boxlite inspect`: all that is known of Boxes and images, as JSON. */
export const inspectCommand = (cli: Cli): Command =>
  new Command('inspect')
    .summary('show all that is known of Boxes or images')
    .description('Print a JSON array with all that is known of Boxes or images.')
    .argument('<box|image...>', 'ids or names of Boxes, names or digests of images')
    .addOption(new Option('--type <kind>', 'what the names are names of (default: a Box, or else an image)').choices(['box', 'image']))
    .option('--oci', "print the config.json of each Box's container, as the OCI runtime specification has it, in place of that")
    .action((names: readonly string[], { type, oci }: { type?: Kind; oci?: boolean }, command: Command) =>
      withRuntime(cli, command, async ({ runtime }) => {
        if (oci === true) {
          if (type === 'image') throw new CliError('--oci is for Boxes', 'Leave --type out.');
          const { formatOciConfig } = await import('@boxlite/core');
          await eachOf(cli, command, names, async (name) =>
            print(cli.stdout, formatOciConfig(await (await runtime.get(name)).ociConfig())),
          );
          return;
        }
        const found: (BoxInfo | ImageInfo)[] = [];
        const looked = eachOf(cli, command, names, async (name) => {
          found.push(await find(runtime, name, type));
        });
        await looked.finally(() => printJson(cli.stdout, found));
      }),
    );
