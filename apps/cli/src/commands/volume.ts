import type { VolumeInfo } from '@boxlite/core';
import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { collect } from '../options/collect.js';
import { compact } from '../options/compact.js';
import { labels } from '../options/environment.js';
import { parseMib } from '../options/parse-size.js';
import { print, printJson } from '../output/print.js';
import { type Column, table } from '../output/table.js';
import { ago, size } from '../output/units.js';
import { eachOf } from '../runtime/each-of.js';
import { withRuntime } from '../runtime/with-runtime.js';

const MIB = 2 ** 20;

const createCommand = (cli: Cli): Command =>
  new Command('create')
    .summary('make a volume')
    .description('Make an empty volume and print its name. It takes room on the host only as it is written.')
    .argument('[name]', 'letters, digits, _, . and - (default: a random name)')
    .option('--size <size>', 'the most that it holds, in MiB or with a unit (default: 4g)', parseMib)
    .option('-l, --label <key=value>', 'label the volume', collect)
    .action((name: string | undefined, flags: { size?: number; label?: readonly string[] }, command: Command) =>
      withRuntime(cli, command, async ({ runtime }) => {
        const options = compact({ name, sizeMib: flags.size, labels: labels(flags.label) });
        await print(cli.stdout, `${(await runtime.volumes.create(options)).name}\n`);
      }),
    );

const columns = (now: number): Column<VolumeInfo>[] => [
  { title: 'VOLUME', value: ({ name }) => name },
  { title: 'CREATED', value: ({ createdAt }) => ago(createdAt, now) },
  { title: 'LIMIT', value: ({ sizeMib }) => size(sizeMib * MIB), align: 'right' },
  { title: 'ON DISK', value: ({ diskBytes }) => size(diskBytes), align: 'right' },
  { title: 'BOXES', value: ({ usedBy }) => (usedBy.length === 0 ? '-' : usedBy.join(', ')) },
];

const lsCommand = (cli: Cli): Command =>
  new Command('ls')
    .summary('list volumes')
    .description('List the volumes of the home, and the Boxes that have them.')
    .option('--json', 'print a JSON array with all that is known of them')
    .action(({ json = false }: { json?: boolean }, command: Command) =>
      withRuntime(cli, command, async ({ runtime, globals }) => {
        const volumes = await runtime.volumes.list();
        if (json) await printJson(cli.stdout, volumes);
        else if (globals.quiet === true) await print(cli.stdout, volumes.map(({ name }) => `${name}\n`).join(''));
        else await print(cli.stdout, table(columns(cli.now()), volumes));
      }),
    );

const inspectCommand = (cli: Cli): Command =>
  new Command('inspect')
    .summary('print all that is known of volumes')
    .description('Print all that is known of volumes, as a JSON array.')
    .argument('<volume...>')
    .action((names: readonly string[], _flags: object, command: Command) =>
      withRuntime(cli, command, async ({ runtime }) => {
        await printJson(cli.stdout, await Promise.all(names.map((name) => runtime.volumes.get(name))));
      }),
    );

const rmCommand = (cli: Cli): Command =>
  new Command('rm')
    .summary('remove volumes')
    .description('Remove volumes with all that is on them. One that a Box has, running or not, stays.')
    .argument('<volume...>')
    .action((names: readonly string[], _flags: object, command: Command) =>
      withRuntime(cli, command, async ({ runtime }) => {
        await eachOf(cli, command, names, async (name) => {
          await runtime.volumes.remove(name);
          await print(cli.stdout, `${name}\n`);
        });
      }),
    );

const pruneCommand = (cli: Cli): Command =>
  new Command('prune')
    .summary('remove volumes that no Box has')
    .description('Remove all volumes that no Box has, running or not, with all that is on them.')
    .option('--json', 'print a JSON object')
    .action(({ json = false }: { json?: boolean }, command: Command) =>
      withRuntime(cli, command, async ({ runtime }) => {
        const report = await runtime.volumes.prune();
        const text = [...report.removed.map((name) => `removed ${name}`), `freed ${size(report.freedBytes)}`, ''].join('\n');
        await (json ? printJson(cli.stdout, report) : print(cli.stdout, text));
      }),
    );

const EXAMPLES = `
Examples:
  boxlite volume create --size 10g data
  boxlite run --rm -v data:/var/lib/data debian:12 -- touch /var/lib/data/here
  boxlite run --rm -v ./src:/src:ro debian:12 -- ls /src`;

/** `boxlite volume`: disks that outlive the Boxes that use them. */
export const volumeCommand = (cli: Cli): Command => {
  const command = new Command('volume')
    .summary('manage volumes')
    .description('Manage named volumes: disks with a size, which outlive the Boxes that use them.')
    .usage('COMMAND')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES);
  for (const each of [createCommand, lsCommand, inspectCommand, rmCommand, pruneCommand]) command.addCommand(each(cli));
  return command;
};
