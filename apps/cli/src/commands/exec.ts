import type { LiteBox } from '@boxlite/core';
import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { CliError } from '../errors/cli-error.js';
import { attachAndReport } from '../execution/attach-and-report.js';
import { terminalSize } from '../execution/local-terminal.js';
import { hasMain, isUp } from '../execution/main-options.js';
import { collect } from '../options/collect.js';
import { compact } from '../options/compact.js';
import { environment } from '../options/environment.js';
import { parseTimeout } from '../options/parse-duration.js';
import { refuse, REFUSED_BY_EXEC } from '../options/unsupported-options.js';
import { withRuntime } from '../runtime/with-runtime.js';
import type { ExitWith } from './exit-with.js';

interface ExecFlags {
  env?: readonly string[];
  envFile?: readonly string[];
  workdir?: string;
  user?: string;
  interactive?: boolean;
  tty?: boolean;
  timeout?: number;
}

const EXAMPLES = `
Examples:
  boxlite exec web ls -l /
  boxlite exec -u nobody -w /tmp web id
  boxlite exec -i web sh < script.sh
  boxlite exec -it web bash`;

/** A Box with a main process runs as long as that; to start it for another command would do again what that does. */
const refuseStopped = async (box: LiteBox, name: string): Promise<void> => {
  const info = await box.info();
  if (hasMain(info) && !isUp(info))
    throw new CliError(
      `Box ${name} is ${info.status}`,
      `'boxlite start -a ${name}' runs its command again; 'boxlite cp' reaches its files.`,
    );
};

/** `boxlite exec`: one more command in a Box that exists. */
export const execCommand = (cli: Cli, exitWith: ExitWith): Command =>
  refuse(
    new Command('exec')
      .summary('run a command in a Box that exists')
      .description(
        'Run a command in a Box that exists. A Box that does not run is started first, unless it has a command of its own, which would run again.',
      )
      .usage('[options] BOX COMMAND [ARG...]')
      .argument('<box>', 'id, name, or a beginning of an id that only one Box has')
      .argument('<command...>')
      .option('-e, --env <name=value>', 'set an environment variable; a name alone takes its value from here', collect)
      .option('--env-file <file>', 'read environment variables from a file', collect)
      .option('-w, --workdir <dir>', 'working directory in the Box')
      .option('-u, --user <user[:group]>', 'user by name or id')
      .option('-i, --interactive', 'forward stdin')
      .option('-t, --tty', 'give the command a terminal; with -i our own one is connected with it')
      .option('--timeout <time>', 'end the command after this time: 30, 30s, 5m', parseTimeout),
    REFUSED_BY_EXEC,
  )
    .passThroughOptions()
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, operands: readonly string[], flags: ExecFlags, command: Command) => {
      const [program = '', ...args] = operands[0] === '--' ? operands.slice(1) : operands;
      const env = environment(flags, cli.env, cli.cwd);
      const exitCode = await withRuntime(cli, command, async ({ runtime, interrupts, progress }) => {
        const box = await runtime.get(name);
        await refuseStopped(box, name);
        const stdin = flags.interactive === true;
        const tty = flags.tty === true;
        const options = compact({
          env,
          workingDir: flags.workdir,
          user: flags.user,
          timeoutMs: flags.timeout,
          stdin: stdin ? ('pipe' as const) : undefined,
          tty: tty ? (terminalSize(cli, stdin) ?? true) : undefined,
        });
        const execution = await interrupts.until(box.exec(program, args, options));
        progress[Symbol.dispose]();
        return await attachAndReport(cli, execution, { stdin, tty }, interrupts);
      });
      exitWith(exitCode);
    });
