import type { BoxliteRuntime, CopyInOptions, CopyResult, LiteBox } from '@boxlite/core';
import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { CliError } from '../errors/cli-error.js';
import { hasMain, isUp } from '../execution/main-options.js';
import { type CopyPlace, parseCopyPlace } from '../options/copy-place.js';
import { fromHere } from '../options/from-here.js';
import { print } from '../output/print.js';
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
  boxlite cp -a web:/home/me backup          with owners, as root
  boxlite cp web:/srv - | gzip > srv.tgz     as a tar archive
  tar -c site | boxlite cp - web:/srv        from one, into a directory that exists`;

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

/** A tree of the Box as a tar archive on our stdout, as fast as that is read. */
const copyToStdout = async (cli: Cli, box: LiteBox, path: string, options: CopyInOptions): Promise<CopyResult> => {
  const copied = { entries: 0, bytes: 0, skipped: 0, lostXattrs: 0 };
  const archive = box.copyTarOut(path, {
    ...options,
    onProgress: (progress) => {
      Object.assign(copied, progress);
      options.onProgress?.(progress);
    },
  });
  for await (const chunk of archive) await print(cli.stdout, chunk as Buffer);
  return copied;
};

const checkStream = (cli: Cli, from: CopyPlace, to: CopyPlace, { followLink }: CopyFlags): void => {
  if (from.kind === 'stream' && cli.stdinKind === 'terminal')
    throw new CliError('A tar archive cannot be typed.', "Give it as stdin: 'tar -c DIRECTORY | boxlite cp - BOX:PATH'.");
  if (to.kind === 'stream' && cli.stdout.isTTY === true)
    throw new CliError('A tar archive is not for a terminal.', "Send it to a file or a program: 'boxlite cp BOX:PATH - > FILE.tar'.");
  if (from.kind === 'stream' && followLink === true) throw new CliError('-L does not go with an archive, whose links are what they are.');
};

const copy = async (cli: Cli, runtime: BoxliteRuntime, from: CopyPlace, to: CopyPlace, options: CopyInOptions): Promise<CopyResult> => {
  const { cwd } = cli;
  if (from.kind === 'host' && to.kind === 'box')
    return reach(runtime, to.box, (box) => box.copyIn(fromHere(cwd, from.path), to.path, options));
  if (from.kind === 'box' && to.kind === 'host')
    return reach(runtime, from.box, (box) => box.copyOut(from.path, fromHere(cwd, to.path), options));
  if (from.kind === 'box') return reach(runtime, from.box, (box) => copyToStdout(cli, box, from.path, options));
  if (to.kind === 'box') return reach(runtime, to.box, (box) => box.copyTarIn(cli.stdin(), to.path, options));
  throw new CliError('Neither SRC nor DEST is in a Box: write one as BOX:PATH.');
};

/** `boxlite cp`: files and trees, in either direction. */
export const cpCommand = (cli: Cli): Command =>
  new Command('cp')
    .summary('copy files between a Box and this machine')
    .description(
      'Copy a file or a directory into a Box or out of it. A target that is a directory gets it under its own name; a name that does not exist becomes it. In the Box, files belong to root.',
    )
    .usage('[options] SRC DEST')
    .argument('<src>', 'BOX:PATH, a path on this machine, or - for a tar archive from stdin')
    .argument('<dest>', 'the other one of these; - writes a tar archive to stdout')
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
      checkStream(cli, from, to, flags);
      await withRuntime(cli, command, async (session) => {
        const copied = await copy(cli, session.runtime, from, to, options(session, source, flags));
        session.progress[Symbol.dispose]();
        if (session.globals.quiet !== true) cli.stderr.write(summary(copied));
      });
    });
