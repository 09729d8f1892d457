import { execFile } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { flattenDisk } from '@boxlite/vmm';
import { contentOf } from '../script/content.js';
import type { Files } from '../ledger/ledger.js';

export interface Layer {
  id: string;
  format: 'raw' | 'qcow2';
}

const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
const run = promisify(execFile);

/** Where the guest keeps what was written in a container (native/agent, storage.rs). */
const WRITTEN = '/upper/data';

const failureOf = async (command: Promise<unknown>): Promise<string | undefined> => {
  try {
    await command;
    return undefined;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return `${stdout}\n${stderr}`.trim().slice(-2_000);
  }
};

/**
 * Looks at a disk that nobody writes to, without a guest. Once its journal has been replayed, as a mount does, there must be nothing to repair,
 * and each of the files has to be there, byte by byte. Returns what is wrong.
 */
export const readDisk = async (home: string, layers: readonly Layer[], files: Files, work: string): Promise<string[]> => {
  await mkdir(work);
  const output = join(work, 'disk.img');
  try {
    const chain = layers.map(({ id, format }) => ({ path: join(home, 'disks', `${id}.${format}`), format }));
    await flattenDisk({ layers: chain, output, sync: false });
    // It says by its exit status that it has changed something; the next one tells whether all is well.
    await failureOf(run('e2fsck', ['-y', '-E', 'journal_only', output], { env }));
    const damage = await failureOf(run('e2fsck', ['-f', '-n', output], { env }));
    const wrong = damage === undefined ? [] : [`e2fsck: ${damage}`];
    if (files.size > 0) await run('debugfs', ['-R', `rdump ${WRITTEN} ${work}`, output], { env });
    for (const [file, bytes] of files) {
      const found = await readFile(join(work, 'data', file)).catch(() => undefined);
      if (found === undefined) wrong.push(`the file ${file} is gone`);
      else if (!found.equals(contentOf(file, bytes)))
        wrong.push(`the file ${file} has ${String(found.length)} bytes that are not the ${String(bytes)} written`);
    }
    return wrong;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};
