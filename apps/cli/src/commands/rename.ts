import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { withRuntime } from '../runtime/with-runtime.js';

/** `boxlite rename`: another name for a Box. */
export const renameCommand = (cli: Cli): Command =>
  new Command('rename')
    .summary('give a Box another name')
    .description('Give a Box another name, whether it runs or not. Its host name stays.')
    .argument('<box>', 'id or name')
    .argument('<name>', 'one that no Box has')
    .action((box: string, name: string, _flags: object, command: Command) =>
      withRuntime(cli, command, async ({ runtime }) => (await runtime.get(box)).rename(name)),
    );
