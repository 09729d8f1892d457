import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { CliError } from '../errors/cli-error.js';
import { attachAndReport } from '../execution/attach-and-report.js';
import { checkStarts } from '../execution/check-starts.js';
import { terminalSize } from '../execution/local-terminal.js';
import { compact } from '../options/compact.js';
import { print } from '../output/print.js';
import { eachOf } from '../runtime/each-of.js';
import { type Session, withRuntime } from '../runtime/with-runtime.js';
import type { ExitWith } from './exit-with.js';

interface StartFlags {
  attach?: boolean;
  interactive?: boolean;
}

/** With its main process on our terminal or pipes, until that ends. */
const startAttached = async (cli: Cli, { runtime, interrupts, progress }: Session, name: string, stdin: boolean): Promise<number> => {
  const box = await runtime.get(name);
  const { tty, openStdin } = await box.info();
  const input = stdin && openStdin;
  const size = tty ? terminalSize(cli, input) : undefined;
  const execution = await interrupts.until(box.attach(compact({ size })));
  progress[Symbol.dispose]();
  return attachAndReport(cli, execution, { stdin: input, tty }, interrupts);
};

/** `boxlite start`: boots Boxes, and leaves them running. */
export const startCommand = (cli: Cli, exitWith: ExitWith): Command =>
  new Command('start')
    .summary('start Boxes')
    .description('Start Boxes; they run until they are stopped. A Box that runs already stays as it is.')
    .argument('<box...>', 'ids or names')
    .option('-a, --attach', 'connect with its main process until that ends, with its exit code as ours')
    .option('-i, --interactive', 'forward stdin to a main process that was made with -i')
    .action((names: readonly string[], { attach = false, interactive = false }: StartFlags, command: Command) =>
      withRuntime(cli, command, async (session) => {
        const { runtime, interrupts } = session;
        const [first = '', second] = names;
        if (attach || interactive) {
          if (second !== undefined) throw new CliError('several Boxes are given', 'Our terminal is connected with one at a time.');
          exitWith(await startAttached(cli, session, first, interactive));
          return;
        }
        await eachOf(cli, command, names, async (name) => {
          const box = await runtime.get(name);
          await checkStarts(box, name);
          await interrupts.until(box.start());
          await print(cli.stdout, `${name}\n`);
        });
      }),
    );
