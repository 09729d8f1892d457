import type { BoxliteRuntime, CopyInOptions, CopyResult, LiteBox } from '@boxlite/core';
import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { CliError } from '../errors/cli-error.js';
import { hasMain, isUp } from '../execution/main-options.js';
import { type CopyPlace, parseCopyPlace } from '../options/copy-place.js';
import { fromHere } from '../options/from-here.js';
import { size } from '../output/units.js';
import { commandPath } from '../runtime/command-context.js';
import { type Session, withRuntime } from '../runtime/with-runtime.js';

interface CopyFlags {
  archive?: boolean;
  followLink?: boolean;
}

const EXAMPLES = `
Examples:
  boxlite cp index.html web:/srv/            into a directory
  boxlite cp web:/var/log logs               as a new directory, or into one that exists
  boxlite cp site/. web:/srv                 what is in it, without the directory
  boxlite cp -a web:/home/me backup          with owners, as root`;

const options = ({ progress, interrupts }: Session, subject: string, { archive, followLink }: CopyFlags): CopyInOptions => ({
  archive,
  followLink,
  signal: interrupts.signal,
  onProgress: ({ bytes }) => {
    progress.show({ operation: 'copy', subject, status: 'running', current: bytes });
  },
});

const summary = ({ entries, bytes, skipped, lostXattrs }: CopyResult): string => {
  const lost = lostXattrs === 0 ? '' : `; the target takes no extended attributes, ${String(lostXattrs)} were left out`;
  const left = skipped === 0 ? '' : `; sockets were left out: ${String(skipped)}`;
  return `copied ${String(entries)} ${entries === 1 ? 'entry' : 'entries'}, ${size(bytes)}${left}${lost}\n`;
};

/** A Box that was started for its files alone is stopped again, as its main process does not run. */
const reach = async (runtime: BoxliteRuntime, name: string, work: (box: LiteBox) => Promise<CopyResult>): Promise<CopyResult> => {
  const box = await runtime.get(name);
  const info = await box.info();
  const stays = !hasMain(info) || isUp(info);
  try {
    return await work(box);
  } finally {
    if (!stays) await box.stop();
  }
};

const copy = async ({ runtime }: Session, cwd: string, from: CopyPlace, to: CopyPlace, options: CopyInOptions): Promise<CopyResult> => {
  if (from.kind === 'host' && to.kind === 'box')
    return reach(runtime, to.box, (box) => box.copyIn(fromHere(cwd, from.path), to.path, options));
  if (from.kind === 'box' && to.kind === 'host')
    return reach(runtime, from.box, (box) => box.copyOut(from.path, fromHere(cwd, to.path), options));
  throw new CliError('Tar streams are not copied yet.', 'Name a file or a directory in place of -.');
};

/** `boxlite cp`: files and trees, in either direction. */
export const cpCommand = (cli: Cli): Command =>
  new Command('cp')
    .summary('copy files between a Box and this machine')
    .description(
      'Copy a file or a directory into a Box or out of it. A target that is a directory gets it under its own name; a name that does not exist becomes it. In the Box, files belong to root.',
    )
    .usage('[options] SRC DEST')
    .argument('<src>', 'BOX:PATH, or a path on this machine')
    .argument('<dest>', 'the other one of these')
    .option('-a, --archive', 'keep owners, and attributes that give rights')
    .option('-L, --follow-link', 'when SRC is a symbolic link, copy what it leads to')
    .addHelpText('after', EXAMPLES)
    .action(async (source: string, target: string, flags: CopyFlags, command: Command) => {
      const [from, to] = [parseCopyPlace(source), parseCopyPlace(target)];
      if ((from.kind === 'box') === (to.kind === 'box')) {
        throw new CliError(
          from.kind === 'box'
            ? 'Copies from Box to Box go through this machine: copy twice.'
            : 'Neither SRC nor DEST is in a Box: write one as BOX:PATH.',
          `See '${commandPath(command)} --help'.`,
        );
      }
      await withRuntime(cli, command, async (session) => {
        const copied = await copy(session, cli.cwd, from, to, options(session, source, flags));
        session.progress[Symbol.dispose]();
        if (session.globals.quiet !== true) cli.stderr.write(summary(copied));
      });
    });
