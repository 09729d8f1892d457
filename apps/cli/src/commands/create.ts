import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { CliError } from '../errors/cli-error.js';
import { ensureImage, imageSource } from '../execution/image-source.js';
import { addBoxOptions, type BoxFlags, boxOptions } from '../options/box-option-flags.js';
import { refuse, REFUSED_BY_CREATE } from '../options/unsupported-options.js';
import { print } from '../output/print.js';
import { withRuntime } from '../runtime/with-runtime.js';

const EXAMPLES = `
Examples:
  boxlite create --name web debian:12
  boxlite start web && boxlite exec web uname -a
  box=$(boxlite create)                          of the embedded image`;

/** `boxlite create`: a Box that lives on its own, until `stop`. */
export const createCommand = (cli: Cli): Command =>
  refuse(
    addBoxOptions(
      new Command('create')
        .summary('make a Box that outlives the command')
        .description(
          "Make a Box and print its id. It starts with 'boxlite start' or its first 'boxlite exec', and runs until 'boxlite stop'.",
        )
        .usage('[options] [IMAGE]')
        .argument('[image]', 'an image, such as debian:12; without it the embedded image')
        .argument('[command...]'),
    ),
    REFUSED_BY_CREATE,
  )
    .passThroughOptions()
    .addHelpText('after', EXAMPLES)
    .action(async (reference: string | undefined, line: readonly string[], flags: BoxFlags, command: Command) => {
      if (line.length > 0) {
        throw new CliError(
          'a Box with a command of its own is not supported by this version of BoxLite',
          "Create it without one, and use 'boxlite exec'.",
        );
      }
      if (reference !== undefined && flags.rootfs !== undefined)
        throw new CliError('both an image and --rootfs are given', 'Name one of them.');
      await withRuntime(cli, command, async (session) => {
        const source = await imageSource(reference, flags.rootfs);
        // First of all, so that a wrong option is told before an image is pulled for it.
        const box = await session.runtime.create({ ...boxOptions(flags, source, cli.env), detach: true });
        try {
          await ensureImage(session, source, flags.pull);
        } catch (error) {
          await box.remove();
          throw error;
        }
        session.progress[Symbol.dispose]();
        await print(cli.stdout, `${box.id}\n`);
      });
    });
