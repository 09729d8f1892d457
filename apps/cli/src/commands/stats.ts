import { setTimeout as delay } from 'node:timers/promises';
import type { BoxliteRuntime, BoxMetrics } from '@boxlite/core';
import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { isBoxliteError } from '../errors/exit-code.js';
import type { BoxUse } from '../output/box-use.js';
import { type BoxStats, boxStats, STATS_COLUMNS } from '../output/box-stats.js';
import { print } from '../output/print.js';
import { table } from '../output/table.js';
import { withRuntime } from '../runtime/with-runtime.js';

/** Between two looks, in milliseconds: as Docker's. */
const INTERVAL_MS = 1_000;
/** To the upper left, and all that is on the screen away. */
const CLEAR = '\x1b[H\x1b[J';

interface StatsFlags {
  stream: boolean;
  json?: boolean;
}

/** A Box that ends while it is asked has nothing to tell. */
const useOf = async (runtime: BoxliteRuntime, id: string): Promise<BoxUse[]> => {
  try {
    const box = await runtime.get(id);
    const { guest, host } = await box.metrics();
    return guest === null || host === null ? [] : [{ id: box.id, name: box.name ?? null, guest, host }];
  } catch (error) {
    if (isBoxliteError(error) && (['NotFound', 'InvalidState', 'Stopped', 'Portal'].includes(error.code) || error.reason === 'vm-died'))
      return [];
    throw error;
  }
};

const usesOf = async (runtime: BoxliteRuntime, ids: readonly string[] | undefined): Promise<BoxUse[]> => {
  const asked = ids ?? (await runtime.list()).filter(({ status }) => status === 'running').map(({ id }) => id);
  return (await Promise.all(asked.map((id) => useOf(runtime, id)))).flat();
};

/** `boxlite stats`: what the Boxes that run use, now and from now on. */
export const statsCommand = (cli: Cli): Command =>
  new Command('stats')
    .summary('show what running Boxes use, once a second')
    .description(
      'Show the share of a processor, the memory, disk and number of processes of Boxes, once a second until Ctrl-C; without a name, of all that run. Of those that are named, until none of them runs.',
    )
    .argument('[box...]', 'ids or names')
    .option('--no-stream', 'only once')
    .option('--json', 'print a JSON object for each Box, on a line of its own')
    .action((names: readonly string[], { stream, json = false }: StatsFlags, command: Command) =>
      withRuntime(cli, command, async ({ runtime, interrupts, progress }) => {
        // One that is not there is told, and a name may change.
        const ids = names.length === 0 ? undefined : await Promise.all(names.map(async (name) => (await runtime.get(name)).id));
        const show = async (stats: readonly BoxStats[]): Promise<void> => {
          if (json) await print(cli.stdout, stats.map((each) => `${JSON.stringify(each)}\n`).join(''));
          else await print(cli.stdout, `${stream && cli.stdout.isTTY === true ? CLEAR : ''}${table(STATS_COLUMNS, stats)}`);
        };
        let before = new Map<string, NonNullable<BoxMetrics['guest']>>();
        const look = async (): Promise<BoxStats[]> => {
          const uses = await interrupts.until(usesOf(runtime, ids));
          const stats = uses.flatMap((use) => {
            const last = before.get(use.id);
            return last === undefined ? [] : [boxStats(use, last)];
          });
          before = new Map(uses.map(({ id, guest }) => [id, guest]));
          return stats;
        };
        await look();
        progress[Symbol.dispose]();
        do {
          await interrupts.until(delay(INTERVAL_MS));
          await show(await look());
        } while (stream && (ids === undefined || before.size > 0));
      }),
    );
