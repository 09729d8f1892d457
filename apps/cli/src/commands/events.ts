import type { RuntimeEvent } from '@boxlite/core';
import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { collect } from '../options/collect.js';
import { eventFilter } from '../options/event-filter.js';
import { parseMoment } from '../options/parse-moment.js';
import { plainText } from '../output/plain-text.js';
import { print } from '../output/print.js';
import { globalOptionsOf } from '../runtime/command-context.js';
import { Interrupts } from '../signals/interrupts.js';

interface EventsFlags {
  since?: Date;
  until?: Date;
  filter?: readonly string[];
  json?: boolean;
}

const line = ({ time, type, action, id, name, attributes }: RuntimeEvent): string => {
  const all: RuntimeEvent['attributes'] = { ...(name === null ? {} : { name }), ...attributes };
  const words = Object.entries(all).flatMap(([key, value]) => (value === null ? [] : [`${key}=${String(value)}`]));
  return plainText(`${time} ${type} ${action} ${id}${words.length === 0 ? '' : ` (${words.join(', ')})`}`).replaceAll('\n', ' ');
};

/** `boxlite events`: what happens in the home, whichever process does it. */
export const eventsCommand = (cli: Cli): Command =>
  new Command('events')
    .summary('show what happens to Boxes and images')
    .description(
      'Show what happens to the Boxes and images of the home, whichever command or program does it, until Ctrl-C. Other commands can be used meanwhile.',
    )
    .option(
      '--since <time>',
      'also what has happened since: 2026-01-31T12:00:00Z, seconds since 1970, or 10m for ten minutes ago',
      parseMoment,
    )
    .option('--until <time>', 'end then', parseMoment)
    .option('--filter <key=value>', 'only those that fit: box, image, event or type', collect)
    .option('--json', 'print a JSON object for each event')
    .addHelpText(
      'after',
      '\nExamples:\n  boxlite events --filter box=web\n  boxlite events --since 1h --until 0s --json\n  boxlite events --filter event=failed --filter event=health',
    )
    .action(async ({ since, until, filter = [], json = false }: EventsFlags, command: Command) => {
      const fits = eventFilter(filter);
      const { home } = globalOptionsOf(command);
      using interrupts = new Interrupts({ source: cli.signals });
      const core = await cli.loadCore();
      for await (const event of core.readEvents({ home, since, until, signal: interrupts.signal }))
        if (fits(event)) await print(cli.stdout, `${json ? JSON.stringify(event) : line(event)}\n`);
    });
