import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { CliError } from '../errors/cli-error.js';
import { hasMain } from '../execution/main-options.js';
import { print } from '../output/print.js';
import { eachOf } from '../runtime/each-of.js';
import { withRuntime } from '../runtime/with-runtime.js';

/** A signal as people write it: 9, KILL, SIGKILL, sigkill. What is none is core's to say. */
const parseSignal = (text: string): NodeJS.Signals | number =>
  /^\d+$/.test(text) ? Number(text) : (`SIG${text.toUpperCase().replace(/^SIG/, '')}` as NodeJS.Signals);

const isKill = (signal: NodeJS.Signals | number): boolean => signal === 9 || signal === 'SIGKILL';

/** `boxlite kill`: a signal to the main processes of Boxes. */
export const killCommand = (cli: Cli): Command =>
  new Command('kill')
    .summary('send a signal to the main processes of Boxes')
    .description('Send a signal to the main processes of Boxes, with their process groups. A Box without one can only be killed, by KILL.')
    .argument('<box...>', 'ids or names')
    .option('-s, --signal <signal>', 'by name or number (default: KILL)', parseSignal)
    .action((names: readonly string[], { signal = 'SIGKILL' }: { signal?: NodeJS.Signals | number }, command: Command) =>
      withRuntime(cli, command, ({ runtime, interrupts }) =>
        eachOf(cli, command, names, async (name) => {
          const box = await runtime.get(name);
          const info = await box.info();
          if (info.status !== 'running') throw new CliError(`Box ${name} is ${info.status}`);
          if (hasMain(info)) {
            const main = await interrupts.until(box.attach());
            main.stdout.resume();
            main.stderr.resume();
            await main.kill(signal);
            if (isKill(signal)) await interrupts.until(main.wait());
          } else if (isKill(signal)) {
            await interrupts.until(box.stop({ timeoutMs: 0 }));
          } else {
            throw new CliError(`Box ${name} has no main process to send a signal to`, `'boxlite stop ${name}' ends all of it.`);
          }
          await print(cli.stdout, `${name}\n`);
        }),
      ),
    );
