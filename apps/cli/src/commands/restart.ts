import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { cannotOutlive } from '../execution/check-outlives.js';
import { hasMain } from '../execution/main-options.js';
import { startHint } from '../execution/start-hint.js';
import { compact } from '../options/compact.js';
import { parseDuration } from '../options/parse-duration.js';
import { print } from '../output/print.js';
import { eachOf } from '../runtime/each-of.js';
import { withRuntime } from '../runtime/with-runtime.js';

/** `boxlite restart`: stops Boxes and starts them again. */
export const restartCommand = (cli: Cli): Command =>
  new Command('restart')
    .summary('stop Boxes, and start them again')
    .description('Stop Boxes as `boxlite stop` does, and start them again. A Box that does not run is started.')
    .argument('<box...>', 'ids or names')
    .option('-t, --time <seconds>', 'how long processes may take to end; 0 switches the machine off at once (default: 10)', parseDuration)
    .action((names: readonly string[], { time }: { time?: number }, command: Command) =>
      withRuntime(cli, command, ({ runtime, interrupts }) =>
        eachOf(cli, command, names, async (name) => {
          const box = await runtime.get(name);
          const info = await box.info();
          if (!info.detach) throw cannotOutlive(name, startHint(name, hasMain(info)));
          await interrupts.until(box.stop(compact({ timeoutMs: time })));
          await interrupts.until(box.start());
          await print(cli.stdout, `${name}\n`);
        }),
      ),
    );
