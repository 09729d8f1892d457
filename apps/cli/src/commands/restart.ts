import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { checkStarts } from '../execution/check-starts.js';
import { compact } from '../options/compact.js';
import { stopTimeOption } from '../options/stop-time-option.js';
import { print } from '../output/print.js';
import { eachOf } from '../runtime/each-of.js';
import { withRuntime } from '../runtime/with-runtime.js';

/** `boxlite restart`: stops Boxes and starts them again. */
export const restartCommand = (cli: Cli): Command =>
  new Command('restart')
    .summary('stop Boxes, and start them again')
    .description('Stop Boxes as `boxlite stop` does, and start them again. A Box that does not run is started.')
    .argument('<box...>', 'ids or names')
    .addOption(stopTimeOption())
    .action((names: readonly string[], { time }: { time?: number }, command: Command) =>
      withRuntime(cli, command, ({ runtime, interrupts }) =>
        eachOf(cli, command, names, async (name) => {
          const box = await runtime.get(name);
          await checkStarts(box, name);
          await interrupts.until(box.stop(compact({ timeoutMs: time })));
          await interrupts.until(box.start());
          await print(cli.stdout, `${name}\n`);
        }),
      ),
    );
