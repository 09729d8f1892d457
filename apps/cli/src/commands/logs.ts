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
  timestamps?: boolean;
  console?: boolean;
}

/** `boxlite logs`: what the main process of a Box printed, or its machine on the console. */
export const logsCommand = (cli: Cli): Command =>
  new Command('logs')
    .summary('show what the main process of a Box printed')
    .description(
      "Show what the main process of a Box printed since its last start; of a Box without one, what the machine's kernel and agent printed on the console.",
    )
    .argument('<box>', 'id or name')
    .option('-f, --follow', 'go on as it grows, until the Box stops or Ctrl-C')
    .option('-n, --tail <lines>', 'only the last lines', parseCount)
    .option('--console', "the machine's console, whatever the Box has")
    .option('-t, --timestamps', 'show when each line came, where that is known')
    .option('--json', 'print a JSON object for each line')
    .action((name: string, { follow = false, tail, json = false, timestamps = false, ...flags }: LogsFlags, command: Command) =>
      withRuntime(cli, command, async ({ runtime, interrupts }) => {
        const box = await runtime.get(name);
        const show = (line: LogLine): Promise<void> => {
          const time = timestamps && line.time !== undefined ? `${line.time} ` : '';
          const target = line.source === 'stderr' && !json ? cli.stderr : cli.stdout;
          return print(target, `${json ? JSON.stringify(line) : time + line.text}\n`);
        };
        const source = flags.console === true ? ({ source: 'console' } as const) : {};
        if (tail !== undefined) {
          // What has been printed until now is read first, to know where its last lines begin.
          let count = 0;
          for await (const _ of box.logs(source)) count += 1;
          let skip = Math.max(0, count - tail);
          for await (const line of box.logs({ ...source, follow, signal: interrupts.signal })) {
            if (skip > 0) skip -= 1;
            else await show(line);
          }
        } else {
          for await (const line of box.logs({ ...source, follow, signal: interrupts.signal })) await show(line);
        }
        interrupts.signal.throwIfAborted();
      }),
    );
