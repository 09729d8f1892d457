import type { BoxProcess } from '@boxlite/core';
import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { print, printJson } from '../output/print.js';
import { type Column, table } from '../output/table.js';
import { size } from '../output/units.js';
import { withRuntime } from '../runtime/with-runtime.js';

/** Hours, minutes and seconds, as ps(1) has them. */
const time = (seconds: number): string => {
  const whole = Math.floor(seconds);
  return [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60].map((part) => String(part).padStart(2, '0')).join(':');
};

const COLUMNS: Column<BoxProcess>[] = [
  { title: 'UID', value: ({ uid }) => String(uid) },
  { title: 'PID', value: ({ pid }) => String(pid), align: 'right' },
  { title: 'PPID', value: ({ parent }) => String(parent), align: 'right' },
  { title: 'S', value: ({ state }) => state },
  { title: 'RSS', value: ({ residentBytes }) => size(residentBytes), align: 'right' },
  { title: 'ELAPSED', value: ({ elapsedSeconds }) => time(elapsedSeconds), align: 'right' },
  { title: 'TIME', value: ({ cpuSeconds }) => time(cpuSeconds), align: 'right' },
  { title: 'CMD', value: ({ command }) => command },
];

/** `boxlite top`: what runs in a Box. */
export const topCommand = (cli: Cli): Command =>
  new Command('top')
    .summary('show the processes of a Box')
    .description('Show the processes of a Box that runs, as they are now. The image needs no ps for it. Ids are those that the Box sees.')
    .argument('<box>', 'id or name')
    .option('--json', 'print a JSON array')
    .action((box: string, { json = false }: { json?: boolean }, command: Command) =>
      withRuntime(cli, command, async ({ runtime, interrupts }) => {
        const processes = await interrupts.until((await runtime.get(box)).processes());
        await (json ? printJson(cli.stdout, processes) : print(cli.stdout, table(COLUMNS, processes)));
      }),
    );
