import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoCode } from '@boxlite/shared';

/**
 * Makes a directory and those above it that are missing, readable by their owner only.
 *
 * In place of `mkdir` with `recursive`, which on Node.js 20 never returns where a file system answers ENOENT for a name
 * below a directory that exists, as /proc does.
 */
export const makeDirectories = async (path: string): Promise<void> => {
  if (await makeOne(path)) return;
  const parent = dirname(path);
  if (parent !== path) await makeDirectories(parent);
  if (!(await makeOne(path))) await mkdir(path);
};

/** False when the directory above it is missing. */
const makeOne = async (path: string): Promise<boolean> => {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const code = errnoCode(error);
    if (code === 'ENOENT') return false;
    if (code !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
  }
  return true;
};
