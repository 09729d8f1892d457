import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { CliError } from '../errors/cli-error.js';
import { attachAndReport } from '../execution/attach-and-report.js';
import { withRuntime } from '../runtime/with-runtime.js';
import type { ExitWith } from './exit-with.js';

/** `boxlite attach`: our terminal or pipes and the main process of a Box that runs. */
export const attachCommand = (cli: Cli, exitWith: ExitWith): Command =>
  new Command('attach')
    .summary('connect with the main process of a Box')
    .description(
      "Connect with the main process of a Box that runs, until it ends: its output from now on ('boxlite logs' has what came before), signals, and stdin where the Box was made with -i. The exit code is that of the process.",
    )
    .argument('<box>', 'id or name')
    .option('--no-stdin', 'do not forward stdin')
    .action(async (name: string, flags: { stdin: boolean }, command: Command) => {
      const exitCode = await withRuntime(cli, command, async ({ runtime, interrupts, progress }) => {
        const box = await runtime.get(name);
        const { status, tty, openStdin } = await box.info();
        if (status !== 'running') throw new CliError(`Box ${name} is ${status}`, `'boxlite start ${name}' starts it.`);
        const stdin = openStdin && flags.stdin;
        if (tty && stdin && cli.stdinKind !== 'terminal') {
          throw new CliError('the input device is not a TTY', "The Box's main process has a terminal; forward nothing with --no-stdin.");
        }
        const execution = await interrupts.until(box.attach());
        progress[Symbol.dispose]();
        return attachAndReport(cli, execution, { stdin, tty }, interrupts);
      });
      exitWith(exitCode);
    });
