import { execFile } from 'node:child_process';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { HomeLayout } from '@boxlite/shared';

const run = promisify(execFile);

/** The files that VMs of this home are restored from. */
export const templateFiles = async (home: string): Promise<string[]> => {
  const { templates } = new HomeLayout(home);
  const found = await Promise.all(
    (await readdir(templates)).map(async (id) => (await readdir(join(templates, id))).map((name) => join(templates, id, name))),
  );
  return found.flat();
};

/** How dropping is named in reports. */
export const HOW_DROPPED = 'posix_fadvise DONTNEED (fsync, dd iflag=nocache)';

/**
 * Drops files from the page cache (coreutils, 'dd invocation': `iflag=nocache` with `count=0`). Root is not needed for it.
 * @returns bytes that are still there: what a process has mapped.
 */
export const dropFromPageCache = async (files: readonly string[]): Promise<number> => {
  for (const file of files) {
    // What is not on disk yet cannot be dropped.
    await using handle = await open(file, 'r');
    await handle.sync();
    await run('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none']);
  }
  const { stdout } = await run('fincore', ['--bytes', '--noheadings', '--output', 'RES', ...files]);
  return stdout
    .split('\n')
    .filter((line) => line.trim() !== '')
    .reduce((sum, line) => sum + Number(line), 0);
};
