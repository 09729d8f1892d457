import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { flattenDisk } from '@boxlite/vmm';

const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };

/** Gives a copy of the disk whose parts are named in `record`, a state.json or snapshot.json, as one file. The disk is not touched. */
const withCopy = async (home: string, record: string, use: (image: string) => Promise<void>): Promise<void> => {
  const { disk } = JSON.parse(await readFile(record, 'utf8')) as { disk: { id: string; format: 'raw' | 'qcow2' }[] };
  const output = join(home, 'flat.img');
  try {
    const layers = disk.map(({ id, format }) => ({ path: join(home, 'disks', `${id}.${format}`), format }));
    await flattenDisk({ layers, output, sync: false });
    await use(output);
  } finally {
    await rm(output, { force: true });
  }
};

const run = async (command: string, ...args: string[]): Promise<string> => (await promisify(execFile)(command, args, { env })).stdout;

/** Checks the file system on a disk: once its journal has been replayed, as a mount does, there must be nothing to repair. */
export const checkDisk = (home: string, record: string): Promise<void> =>
  withCopy(home, record, async (image) => {
    await run('e2fsck', '-y', '-E', 'journal_only', image);
    await run('e2fsck', '-f', '-n', image);
  });

/** Checks a file system that was given up in good order: there must not even be a journal to replay. */
export const checkCleanImage = async (image: string): Promise<void> => {
  const features = /^Filesystem features:(.*)$/m.exec(await run('dumpe2fs', '-h', image))?.[1];
  expect(features).toContain('has_journal');
  expect(features).not.toContain('needs_recovery');
  await run('e2fsck', '-f', '-n', image);
};

/** As {@link checkCleanImage}, of the disk of a Box that was stopped. */
export const checkCleanDisk = (home: string, record: string): Promise<void> => withCopy(home, record, checkCleanImage);
