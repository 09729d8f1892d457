import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { compact } from '../options/compact.js';
import { stopTimeOption } from '../options/stop-time-option.js';
import { print } from '../output/print.js';
import { eachOf } from '../runtime/each-of.js';
import { withRuntime } from '../runtime/with-runtime.js';

/** `boxlite stop`: ends what runs in Boxes, and keeps their disks. */
export const stopCommand = (cli: Cli): Command =>
  new Command('stop')
    .summary('stop Boxes')
    .description('Stop Boxes: their processes get SIGTERM and, when the time is over, SIGKILL. Their disks are kept.')
    .argument('<box...>', 'ids or names')
    .addOption(stopTimeOption())
    .action((names: readonly string[], { time }: { time?: number }, command: Command) =>
      withRuntime(cli, command, ({ runtime, interrupts }) =>
        eachOf(cli, command, names, async (name) => {
          const box = await runtime.get(name);
          await interrupts.until(box.stop(compact({ timeoutMs: time })));
          await print(cli.stdout, `${name}\n`);
        }),
      ),
    );
