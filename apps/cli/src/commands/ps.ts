import type { BoxInfo } from '@boxlite/core';
import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { boxFilter } from '../options/box-filter.js';
import { collect } from '../options/collect.js';
import { familiarImage } from '../output/familiar-image.js';
import { print, printJson } from '../output/print.js';
import { type Column, table } from '../output/table.js';
import { ago, span } from '../output/units.js';
import { withRuntime } from '../runtime/with-runtime.js';

interface PsFlags {
  all?: boolean;
  filter?: readonly string[];
  json?: boolean;
}

const RUNS: readonly string[] = ['starting', 'running', 'paused', 'stopping'];

const up = ({ startedAt }: BoxInfo, now: number): string => (startedAt === null ? 'Up' : `Up ${span(now - Date.parse(startedAt))}`);

const status = (box: BoxInfo, now: number): string => {
  switch (box.status) {
    case 'configured':
      return 'Created';
    case 'running':
      return box.health === null ? up(box, now) : `${up(box, now)} (${box.health.status})`;
    case 'paused':
      return `${up(box, now)} (paused${box.error === null ? '' : ', as the disk of the host is full'})`;
    case 'stopped':
      return `Stopped ${ago(box.stoppedAt, now)}${box.stopReason === 'idle' || box.stopReason === 'unhealthy' ? ` (${box.stopReason})` : ''}`;
    case 'failed':
      return `Failed ${ago(box.stoppedAt, now)}`;
    default:
      return `${box.status.charAt(0).toUpperCase()}${box.status.slice(1)}`;
  }
};

const columns = (now: number): Column<BoxInfo>[] => [
  { title: 'BOX ID', value: ({ id }) => id },
  { title: 'IMAGE', value: ({ image }) => familiarImage(image) },
  { title: 'CREATED', value: ({ createdAt }) => ago(createdAt, now) },
  { title: 'STATUS', value: (box) => status(box, now) },
  { title: 'STARTED FROM', value: ({ startedFrom }) => startedFrom ?? '-' },
  { title: 'CPUS', value: ({ cpus }) => String(cpus), align: 'right' },
  { title: 'MEMORY', value: ({ memoryMib }) => `${String(memoryMib)} MiB`, align: 'right' },
  { title: 'NAME', value: ({ name }) => name ?? '' },
];

/** `boxlite ps`: the Boxes of the home, newest first. */
export const psCommand = (cli: Cli): Command =>
  new Command('ps')
    .summary('list Boxes')
    .description('List the Boxes that run, newest first.')
    .option('-a, --all', 'also those that do not run')
    .option('--filter <key=value>', 'only those that fit: id, name, image, status, health or label; a status filter implies --all', collect)
    .option('--json', 'print a JSON array with all that is known of them')
    .addHelpText(
      'after',
      '\nExamples:\n  boxlite ps --all\n  boxlite ps -q --filter status=stopped\n  boxlite ps --json --filter label=team=ci',
    )
    .action(async (flags: PsFlags, command: Command) => {
      const fits = boxFilter(flags.filter ?? []);
      await withRuntime(cli, command, async ({ runtime, globals }) => {
        const all = flags.all === true || (flags.filter ?? []).some((filter) => filter.startsWith('status='));
        const boxes = (await runtime.list()).filter((box) => (all || RUNS.includes(box.status)) && fits(box));
        if (flags.json === true) await printJson(cli.stdout, boxes);
        else if (globals.quiet === true) await print(cli.stdout, boxes.map(({ id }) => `${id}\n`).join(''));
        else await print(cli.stdout, table(columns(cli.now()), boxes));
      });
    });
