import type { ImageInfo } from '@boxlite/core';
import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { familiarName, splitReference } from '../output/familiar-image.js';
import { print, printJson } from '../output/print.js';
import { type Column, table } from '../output/table.js';
import { ago, size } from '../output/units.js';
import { withRuntime } from '../runtime/with-runtime.js';

/** The first 12 hexadecimal digits of a digest. */
const shortId = (digest: string): string => digest.slice(digest.indexOf(':') + 1, digest.indexOf(':') + 13);

const columns = (now: number): Column<ImageInfo>[] => [
  { title: 'IMAGE', value: ({ reference }) => (reference === null ? '<none>' : familiarName(splitReference(reference).name)) },
  { title: 'TAG', value: ({ reference }) => (reference === null ? '<none>' : (splitReference(reference).tag ?? '<none>')) },
  { title: 'DIGEST', value: ({ digest }) => shortId(digest) },
  { title: 'CREATED', value: ({ createdAt }) => ago(createdAt?.toISOString(), now) },
  { title: 'SIZE', value: ({ sizeBytes }) => size(sizeBytes), align: 'right' },
];

/** `boxlite images`: the images that are here. */
export const imagesCommand = (cli: Cli): Command =>
  new Command('images')
    .summary('list images')
    .description('List the images that are here. Sizes are those of the compressed layers; layers that images share are counted for each.')
    .option('--json', 'print a JSON array with all that is known of them')
    .action((flags: { json?: boolean }, command: Command) =>
      withRuntime(cli, command, async ({ runtime, globals }) => {
        const images = await runtime.images.list();
        if (flags.json === true) await printJson(cli.stdout, images);
        else if (globals.quiet === true) await print(cli.stdout, images.map(({ digest }) => `${digest}\n`).join(''));
        else await print(cli.stdout, table(columns(cli.now()), images));
      }),
    );
