import type { LogLine } from '@boxlite/core';
import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { parseCount } from '../options/parse-number.js';
import { print } from '../output/print.js';
import { withRuntime } from '../runtime/with-runtime.js';

interface LogsFlags {
  follow?: boolean;
  tail?: number;
  json?: boolean;
}

/** `boxlite logs`: what a Box's machine printed on its console. */
export const logsCommand = (cli: Cli): Command =>
  new Command('logs')
    .summary("show the console of a Box's machine")
    .description("Show what the kernel and the agent of a Box's machine printed on its console since its last start.")
    .argument('<box>', 'id or name')
    .option('-f, --follow', 'go on as the console grows, until Ctrl-C')
    .option('-n, --tail <lines>', 'only the last lines', parseCount)
    .option('--json', 'print a JSON object for each line')
    .action((name: string, { follow = false, tail, json = false }: LogsFlags, command: Command) =>
      withRuntime(cli, command, async ({ runtime, interrupts }) => {
        const box = await runtime.get(name);
        const show = (line: LogLine): Promise<void> => print(cli.stdout, `${json ? JSON.stringify(line) : line.text}\n`);
        if (tail !== undefined) {
          // What has been printed until now is read first, to know where its last lines begin.
          let count = 0;
          for await (const _ of box.logs()) count += 1;
          let skip = Math.max(0, count - tail);
          for await (const line of box.logs({ follow, signal: interrupts.signal })) {
            if (skip > 0) skip -= 1;
            else await show(line);
          }
        } else {
          for await (const line of box.logs({ follow, signal: interrupts.signal })) await show(line);
        }
        interrupts.signal.throwIfAborted();
      }),
    );
