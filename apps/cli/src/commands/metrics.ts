import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { print, printJson } from '../output/print.js';
import type { BoxUse } from '../output/box-use.js';
import { prometheusText } from '../output/prometheus.js';
import { type Column, table } from '../output/table.js';
import { seconds, size, span } from '../output/units.js';
import { withRuntime } from '../runtime/with-runtime.js';

const COLUMNS: Column<BoxUse>[] = [
  { title: 'BOX ID', value: ({ id }) => id },
  { title: 'UP', value: ({ guest }) => span(guest.uptimeSeconds * 1_000) },
  { title: 'CPU TIME', value: ({ guest }) => seconds(guest.cpuSeconds * 1_000), align: 'right' },
  {
    title: 'MEMORY IN BOX',
    value: ({ guest }) => `${size(guest.containerMemoryBytes)} of ${size(guest.containerMemoryLimitBytes)}`,
    align: 'right',
  },
  { title: 'ON HOST', value: ({ host }) => size(host.memoryBytes), align: 'right' },
  { title: 'DISK', value: ({ guest }) => `${size(guest.diskUsedBytes)} of ${size(guest.diskTotalBytes)}`, align: 'right' },
  { title: 'PROCESSES', value: ({ guest }) => String(guest.processes), align: 'right' },
  { title: 'NAME', value: ({ name }) => name ?? '' },
];

/** `boxlite metrics`: what the Boxes that run use. */
export const metricsCommand = (cli: Cli): Command =>
  new Command('metrics')
    .summary('show what running Boxes use')
    .description('Show the processor time, memory and disk that Boxes use; without a name, of all that run.')
    .argument('[box...]', 'ids or names')
    .option('--json', 'print a JSON array')
    .option('--prometheus', "print Prometheus' text format")
    .action((names: readonly string[], { json = false, prometheus = false }: { json?: boolean; prometheus?: boolean }, command: Command) =>
      withRuntime(cli, command, async ({ runtime, interrupts }) => {
        const ids = names.length > 0 ? names : (await runtime.list()).filter(({ status }) => status === 'running').map(({ id }) => id);
        const used = await interrupts.until(
          Promise.all(
            ids.map(async (name): Promise<BoxUse[]> => {
              const box = await runtime.get(name);
              const { guest, host } = await box.metrics();
              return guest === null || host === null ? [] : [{ id: box.id, name: box.name ?? null, guest, host }];
            }),
          ),
        );
        const uses = used.flat();
        if (json) await printJson(cli.stdout, uses);
        else await print(cli.stdout, prometheus ? prometheusText(uses) : table(COLUMNS, uses));
      }),
    );
