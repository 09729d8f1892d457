import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { CliError } from '../errors/cli-error.js';
import { ensureImage, imageSource } from '../execution/image-source.js';
import { addBoxOptions, type BoxFlags, boxOptions } from '../options/box-option-flags.js';
import { splitRunArguments } from '../options/split-arguments.js';
import { refuse, REFUSED_BY_RUN } from '../options/unsupported-options.js';
import { mainOptions } from '../execution/main-options.js';
import { print } from '../output/print.js';
import { withRuntime } from '../runtime/with-runtime.js';

const EXAMPLES = `
Examples:
  boxlite create --name web debian:12
  boxlite start web && boxlite exec web uname -a
  box=$(boxlite create)                          of the embedded image`;

interface CreateFlags extends BoxFlags {
  interactive?: boolean;
  tty?: boolean;
  rm?: boolean;
  entrypoint?: string;
  stopSignal?: string;
}

/** Without any of these, the Box is one to run commands in: it has no main process. */
const wantsMain = ({ interactive, tty, entrypoint, stopSignal }: CreateFlags, line: readonly string[]): boolean =>
  line.length > 0 || interactive === true || tty === true || entrypoint !== undefined || stopSignal !== undefined;

/** `boxlite create`: a Box that lives on its own, until `stop`. */
export const createCommand = (cli: Cli): Command =>
  refuse(
    addBoxOptions(
      new Command('create')
        .summary('make a Box that outlives the command')
        .description(
          "Make a Box and print its id. It starts with 'boxlite start' or its first 'boxlite exec', and runs until 'boxlite stop', or until COMMAND ends where one is given.",
        )
        .usage('[options] [IMAGE [COMMAND [ARG...]]]\n       boxlite create [options] [IMAGE] -- COMMAND [ARG...]')
        .argument('[image]', 'an image, such as debian:12; without it the embedded image')
        .argument('[command...]')
        .option('-i, --interactive', "keep the command's stdin open for 'boxlite start -ai' and 'boxlite attach'")
        .option('-t, --tty', 'give the command a terminal')
        .option('--rm', 'remove the Box, with its disk, when it stops')
        .option('--entrypoint <command>', "put in place of the image's entrypoint")
        .option('--stop-signal <signal>', "what 'boxlite stop' sends first (default: the image's, or SIGTERM)"),
    ),
    REFUSED_BY_RUN,
  )
    .passThroughOptions()
    .addHelpText('after', EXAMPLES)
    .action(async (first: string | undefined, others: readonly string[], flags: CreateFlags, command: Command) => {
      const typed = (command.parent as Command & { rawArgs: readonly string[] }).rawArgs;
      const { image: reference, command: line } = splitRunArguments(first === undefined ? [] : [first, ...others], typed);
      if (reference !== undefined && flags.rootfs !== undefined)
        throw new CliError('both an image and --rootfs are given', 'Name one of them.');
      await withRuntime(cli, command, async (session) => {
        const source = await imageSource(reference, flags.rootfs, cli.cwd);
        // First of all, so that a wrong option is told before an image is pulled for it.
        const box = await session.runtime.create({
          ...boxOptions(flags, source, cli),
          ...(wantsMain(flags, line) ? mainOptions(flags, line) : {}),
          detach: true,
          autoRemove: flags.rm === true,
        });
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
