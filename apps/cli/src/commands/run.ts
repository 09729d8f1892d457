import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { CliError } from '../errors/cli-error.js';
import { isBoxliteError } from '../errors/exit-code.js';
import { attachAndReport } from '../execution/attach-and-report.js';
import { mainOptions } from '../execution/main-options.js';
import { terminalSize } from '../execution/local-terminal.js';
import { ensureImage, imageSource } from '../execution/image-source.js';
import { addBoxOptions, type BoxFlags, boxOptions } from '../options/box-option-flags.js';
import { compact } from '../options/compact.js';
import { parseTimeout } from '../options/parse-duration.js';
import { splitRunArguments } from '../options/split-arguments.js';
import { refuse, REFUSED_BY_RUN } from '../options/unsupported-options.js';
import { print } from '../output/print.js';
import { type Session, withRuntime } from '../runtime/with-runtime.js';
import type { ExitWith } from './exit-with.js';

interface RunFlags extends BoxFlags {
  detach?: boolean;
  rm?: boolean;
  interactive?: boolean;
  tty?: boolean;
  timeout?: number;
  entrypoint?: string;
  stopSignal?: string;
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
        .option('-d, --detach', 'start the Box, print its id and leave it running; it stops when the command ends')
        .option('--rm', 'remove the Box, with its disk, when the command has ended')
        .option('-i, --interactive', 'forward stdin even from a terminal; from a pipe or a file it always is')
        .option('-t, --tty', 'give the command a terminal; with -i our own one is connected with it'),
    )
      .option('--entrypoint <command>', "put in place of the image's entrypoint")
      .option('--stop-signal <signal>', "what 'boxlite stop' sends first (default: the image's, or SIGTERM)")
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
      const work = flags.detach === true ? runDetached : run;
      exitWith(await withRuntime(cli, command, (session) => work(cli, session, flags, image, argv)));
    });

/** The command is the Box's main process, so that it outlives us. */
const runDetached: typeof run = async (cli, session, flags, reference, argv) => {
  if (flags.timeout !== undefined) throw new CliError('--timeout and -d are both given', 'A command in the background has no time limit.');
  const { runtime, interrupts, progress } = session;
  const source = await imageSource(reference, flags.rootfs, cli.cwd);
  const box = await runtime.create({
    ...boxOptions(flags, source, cli),
    ...mainOptions(flags, argv),
    detach: true,
    autoRemove: flags.rm === true,
  });
  try {
    await ensureImage(session, source, flags.pull);
    await interrupts.until(box.start());
  } catch (error) {
    await box.remove({ force: true });
    throw error;
  }
  progress[Symbol.dispose]();
  await print(cli.stdout, `${box.id}\n`);
  return 0;
};

/** The command is the Box's main process, which ends with us. */
const run = async (
  cli: Cli,
  session: Session,
  flags: RunFlags,
  reference: string | undefined,
  argv: readonly string[],
): Promise<number> => {
  const { runtime, interrupts, progress } = session;
  const tty = flags.tty === true;
  const stdin = flags.interactive === true || (cli.stdinKind === 'stream' && !tty);
  const size = tty ? terminalSize(cli, stdin) : undefined;
  const source = await imageSource(reference, flags.rootfs, cli.cwd);
  // First of all, so that a wrong option is told before an image is pulled for it.
  const box = await runtime.create({
    ...boxOptions(flags, source, cli),
    ...mainOptions({ ...flags, interactive: stdin }, argv),
    autoRemove: flags.rm === true,
  });
  // A Box that never had an image, or was given up before its command ran, has nothing worth keeping.
  let keep = false;
  try {
    await ensureImage(session, source, flags.pull);
    const execution = await interrupts.until(box.attach(compact({ size, timeoutMs: flags.timeout })));
    keep = flags.rm !== true;
    progress[Symbol.dispose]();
    // As a terminal does with what it runs: our signals are for the whole group.
    return await attachAndReport(cli, execution, { stdin, tty, group: true }, interrupts);
  } finally {
    if (!keep) await box.remove({ force: true }).catch(unlessGone);
  }
};

/** One that is removed when it stops may be gone before us. */
const unlessGone = (error: unknown): void => {
  if (!isBoxliteError(error) || error.code !== 'NotFound') throw error;
};
