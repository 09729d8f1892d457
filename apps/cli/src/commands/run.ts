import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { CliError, InterruptedError } from '../errors/cli-error.js';
import { attachAndReport } from '../execution/attach-and-report.js';
import { commandLine } from '../execution/command-line.js';
import { ensureImage, imageSource } from '../execution/image-source.js';
import { addBoxOptions, type BoxFlags, boxOptions } from '../options/box-option-flags.js';
import { compact } from '../options/compact.js';
import { parseTimeout } from '../options/parse-duration.js';
import { splitRunArguments } from '../options/split-arguments.js';
import { refuse, REFUSED_BY_RUN } from '../options/unsupported-options.js';
import { type Session, withRuntime } from '../runtime/with-runtime.js';
import type { ExitWith } from './exit-with.js';

interface RunFlags extends BoxFlags {
  rm?: boolean;
  interactive?: boolean;
  timeout?: number;
  entrypoint?: string;
}

const EXAMPLES = `
Examples:
  boxlite run -- echo hello                      in the embedded image (busybox)
  boxlite run --rm debian:12 cat /etc/os-release
  boxlite run --rm -m 1g -e LANG=C.UTF-8 python:3.12 python3 -c 'print("hi")'
  tar c . | boxlite run --rm debian:12 -- sh -c 'tar x -C /tmp && ls /tmp'

The exit code is the command's own, 128+N when signal N ended it, 124 at its --timeout,
125 when boxlite failed, 126 when the command cannot be executed, 127 when it is not found.`;

/** `boxlite run`: a new Box, one command in it, and the end of both. */
export const runCommand = (cli: Cli, exitWith: ExitWith): Command =>
  refuse(
    addBoxOptions(
      new Command('run')
        .summary('run a command in a new Box')
        .description(
          'Run a command in a new Box, a virtual machine made from an OCI image. Without IMAGE the embedded image is taken, without COMMAND what the image names.',
        )
        .usage('[options] [IMAGE] [COMMAND [ARG...]]\n       boxlite run [options] [IMAGE] -- COMMAND [ARG...]')
        .argument('[arguments...]')
        .option('--rm', 'remove the Box, with its disk, when the command has ended')
        .option('-i, --interactive', 'forward stdin even from a terminal; from a pipe or a file it always is'),
    )
      .option('--entrypoint <command>', "put in place of the image's entrypoint")
      .option('--timeout <time>', 'end the command after this time: 30, 30s, 5m', parseTimeout),
    REFUSED_BY_RUN,
  )
    .passThroughOptions()
    .addHelpText('after', EXAMPLES)
    .action(async (operands: readonly string[], flags: RunFlags, command: Command) => {
      const typed = (command.parent as Command & { rawArgs: readonly string[] }).rawArgs;
      const given = splitRunArguments(operands, typed);
      const argv = flags.rootfs !== undefined && given.image !== undefined ? [given.image, ...given.command] : given.command;
      const image = flags.rootfs === undefined ? given.image : undefined;
      if (image === undefined && !given.separated && flags.rootfs === undefined) {
        throw new CliError('nothing to run', "Name an image, or a command after '--'. See 'boxlite run --help'.");
      }
      exitWith(await withRuntime(cli, command, (session) => run(cli, session, flags, image, argv)));
    });

const run = async (
  cli: Cli,
  session: Session,
  flags: RunFlags,
  reference: string | undefined,
  argv: readonly string[],
): Promise<number> => {
  const { runtime, interrupts, progress } = session;
  const source = await imageSource(reference, flags.rootfs);
  // First of all, so that a wrong option is told before an image is pulled for it.
  const box = await runtime.create({ ...boxOptions(flags, source, cli.env), autoRemove: flags.rm === true });
  // A Box that never had an image, or was given up while it started, has nothing worth keeping.
  let keep = false;
  try {
    const image = await ensureImage(session, source, flags.pull);
    const [program, ...args] = commandLine(image, argv, flags.entrypoint);
    keep = flags.rm !== true;
    await interrupts.until(box.start());
    const stdin = cli.stdinKind === 'stream' || flags.interactive === true;
    const options = compact({ stdin: stdin ? ('pipe' as const) : undefined, timeoutMs: flags.timeout });
    const execution = await interrupts.until(box.exec(program, args, options));
    progress[Symbol.dispose]();
    return await attachAndReport(cli, execution, stdin, interrupts);
  } catch (error) {
    if (error instanceof InterruptedError && (await box.info()).startedAt === null) keep = false;
    throw error;
  } finally {
    if (!keep) await box.remove({ force: true });
  }
};
