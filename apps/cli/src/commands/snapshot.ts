import type { SnapshotInfo } from '@boxlite/core';
import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { checkOutlives } from '../execution/check-outlives.js';
import { print, printJson } from '../output/print.js';
import { type Column, table } from '../output/table.js';
import { ago, size } from '../output/units.js';
import { eachOf } from '../runtime/each-of.js';
import { withRuntime } from '../runtime/with-runtime.js';

const createCommand = (cli: Cli): Command =>
  new Command('create')
    .summary('keep what a Box is now')
    .description(
      'Keep what a Box is now under a name, and print that: its disk and, when it runs or is paused, its memory with all processes. A Box that runs stands still for some milliseconds and goes on.',
    )
    .argument('<box>', 'id or name')
    .argument('<snapshot>', 'a name for it: letters, digits, _, . and -')
    .action((name: string, snapshot: string, _flags: object, command: Command) =>
      withRuntime(cli, command, async ({ runtime, interrupts }) => {
        const { snapshots } = await runtime.get(name);
        await interrupts.orTakeBack(snapshots.create(snapshot), () => snapshots.remove(snapshot));
        await print(cli.stdout, `${snapshot}\n`);
      }),
    );

const columns = (now: number): Column<SnapshotInfo>[] => [
  { title: 'SNAPSHOT', value: ({ name }) => name },
  { title: 'CREATED', value: ({ createdAt }) => ago(createdAt, now) },
  { title: 'KEEPS', value: ({ memory }) => (memory ? 'disk and memory' : 'disk') },
  { title: 'MEMORY SIZE', value: ({ memory, sizeBytes }) => (memory ? size(sizeBytes) : '-'), align: 'right' },
];

const lsCommand = (cli: Cli): Command =>
  new Command('ls')
    .summary("list a Box's snapshots")
    .description("List a Box's snapshots, newest first. Sizes are those of the memory, without what it shares with other Boxes.")
    .argument('<box>', 'id or name')
    .option('--json', 'print a JSON array with all that is known of them')
    .action((name: string, { json = false }: { json?: boolean }, command: Command) =>
      withRuntime(cli, command, async ({ runtime, globals }) => {
        const snapshots = await (await runtime.get(name)).snapshots.list();
        if (json) await printJson(cli.stdout, snapshots);
        else if (globals.quiet === true) await print(cli.stdout, snapshots.map((each) => `${each.name}\n`).join(''));
        else await print(cli.stdout, table(columns(cli.now()), snapshots));
      }),
    );

const restoreCommand = (cli: Cli): Command =>
  new Command('restore')
    .summary('put a Box back to a snapshot')
    .description(
      'Put a Box back to a snapshot, as often as you like. What it is now is lost: a Box that runs is ended as by a power cut. With memory it runs again at once, its processes going on where they were; otherwise it is stopped.',
    )
    .argument('<box>', 'id or name')
    .argument('<snapshot>')
    .option('--disk-only', 'leave the memory out; the Box is stopped afterwards')
    .action((name: string, snapshot: string, { diskOnly = false }: { diskOnly?: boolean }, command: Command) =>
      withRuntime(cli, command, async ({ runtime, interrupts, progress }) => {
        const box = await runtime.get(name);
        if (!diskOnly) await checkOutlives(box, snapshot, "'--disk-only' restores its disk.");
        await interrupts.until(box.snapshots.restore(snapshot, { memory: !diskOnly }));
        progress[Symbol.dispose]();
        await print(cli.stdout, `${name}\n`);
      }),
    );

const rmCommand = (cli: Cli): Command =>
  new Command('rm')
    .summary('remove snapshots')
    .description('Remove snapshots of a Box. Boxes that were cloned from one stay as they are.')
    .argument('<box>', 'id or name')
    .argument('<snapshot...>')
    .action((name: string, names: readonly string[], _flags: object, command: Command) =>
      withRuntime(cli, command, async ({ runtime }) => {
        const { snapshots } = await runtime.get(name);
        await eachOf(cli, command, names, async (snapshot) => {
          await snapshots.remove(snapshot);
          await print(cli.stdout, `${snapshot}\n`);
        });
      }),
    );

const EXAMPLES = `
Examples:
  boxlite snapshot create web ready
  boxlite snapshot ls web
  boxlite snapshot restore web ready
  boxlite clone --snapshot ready web             a new Box that begins there`;

/** `boxlite snapshot`: what a Box was at other times. */
export const snapshotCommand = (cli: Cli): Command => {
  const command = new Command('snapshot')
    .summary('keep what a Box is, and put it back')
    .description('Keep what a Box is, with all that runs in it, and put it back to that later.')
    .usage('COMMAND')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES);
  for (const each of [createCommand(cli), lsCommand(cli), restoreCommand(cli), rmCommand(cli)]) command.addCommand(each);
  return command;
};
