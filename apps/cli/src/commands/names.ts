import { existsSync } from 'node:fs';
import type { BoxliteRuntime } from '@boxlite/core';
import { Argument, Command } from 'commander';
import type { Cli } from '../cli.js';
import { NAMES_COMMAND, NAME_KINDS, type NameKind } from '../completion/name-kind.js';
import { familiarImage } from '../output/familiar-image.js';
import { print } from '../output/print.js';
import { globalOptionsOf } from '../runtime/command-context.js';
import { withRuntime } from '../runtime/with-runtime.js';

const boxes = async (runtime: BoxliteRuntime): Promise<string[]> => (await runtime.list()).map(({ id, name }) => name ?? id);

const images = async (runtime: BoxliteRuntime): Promise<string[]> =>
  (await runtime.images.list()).flatMap(({ reference }) => (reference === null ? [] : [familiarImage(reference)]));

const LISTS: Readonly<Record<NameKind, (runtime: BoxliteRuntime, box: string | undefined) => Promise<string[]>>> = {
  boxes,
  images,
  'boxes-and-images': async (runtime) => [...(await boxes(runtime)), ...(await images(runtime))],
  volumes: async (runtime) => (await runtime.volumes.list()).map(({ name }) => name),
  snapshots: async (runtime, box) => (box === undefined ? [] : (await (await runtime.get(box)).snapshots.list()).map(({ name }) => name)),
};

/** What completions ask for: the names of one kind, one on a line. Hidden, as it is for shells alone. A home that is not there is not made. */
export const namesCommand = (cli: Cli): Command =>
  new Command(NAMES_COMMAND)
    .summary('print names, for completions')
    .addArgument(new Argument('<kind>').choices(NAME_KINDS))
    .argument('[box]', 'whose snapshots')
    .action(async (kind: NameKind, box: string | undefined, _flags: object, command: Command) => {
      const core = await cli.loadCore();
      if (!existsSync(core.homeDirectory(globalOptionsOf(command).home))) return;
      await withRuntime(cli, command, async ({ runtime }) => {
        await print(cli.stdout, (await LISTS[kind](runtime, box)).map((name) => `${name}\n`).join(''));
      });
    });
