import { randomBytes } from 'node:crypto';
import { type FileHandle, lstat, open, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BoxliteError, errnoCode } from '@boxlite/shared';
import { moveDurably } from '../state/files.js';
import { onDisk } from '../state/storage-error.js';

/** What is there already may be a file, which is replaced as `docker save --output` does; never anything else. */
const checkPlace = async (path: string): Promise<void> => {
  try {
    const stats = await lstat(path);
    if (stats.isFile()) return;
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return;
    throw error;
  }
  throw new BoxliteError('AlreadyExists', `${path} is there already and no regular file, so it is not replaced; give another path`, {
    reason: 'not-a-file',
  });
};

const create = async (path: string, temporary: string): Promise<FileHandle> => {
  try {
    return await open(temporary, 'wx', 0o600);
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
    const message = `cannot write ${path}: there is no directory ${dirname(path)}; make it first`;
    throw new BoxliteError('Storage', message, { reason: 'ENOENT', cause: error });
  }
};

/**
 * Has a file written beside its place, readable by its owner only, and gives it its name when it is whole and on disk.
 * Until then an older file of that name stays as it is; after a failure there is nothing else.
 * @param path absolute
 * @throws BoxliteError `AlreadyExists` where something is that is no regular file; `Storage`; what `write` throws
 */
export const writeTarget = (path: string, write: (file: FileHandle) => Promise<void>): Promise<void> =>
  onDisk(`writing ${path}`, async () => {
    await checkPlace(path);
    const temporary = join(dirname(path), `.${basename(path).slice(0, 200)}.${randomBytes(6).toString('hex')}.tmp`);
    const file = await create(path, temporary);
    try {
      try {
        await write(file);
        await file.sync();
      } finally {
        await file.close();
      }
      await moveDurably(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  });
