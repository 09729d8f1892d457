import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { flattenDisk } from '@boxlite/vmm';

const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };

/**
 * Checks the file system on a disk whose parts are named in `record`, a state.json or snapshot.json: once its journal has been replayed, as a
 * mount does, there must be nothing to repair. The disk is not touched.
 */
export const checkDisk = async (home: string, record: string): Promise<void> => {
  const { disk } = JSON.parse(await readFile(record, 'utf8')) as { disk: { id: string; format: 'raw' | 'qcow2' }[] };
  const output = join(home, 'flat.img');
  try {
    const layers = disk.map(({ id, format }) => ({ path: join(home, 'disks', `${id}.${format}`), format }));
    await flattenDisk({ layers, output, sync: false });
    await promisify(execFile)('e2fsck', ['-y', '-E', 'journal_only', output], { env });
    await promisify(execFile)('e2fsck', ['-f', '-n', output], { env });
  } finally {
    await rm(output, { force: true });
  }
};
