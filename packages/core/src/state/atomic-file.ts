import { randomBytes } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import { moveDurably } from './files.js';

const writeBeside = async (path: string, content: string | Uint8Array, sync: boolean): Promise<string> => {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(content);
    if (sync) await file.sync();
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  } finally {
    await file.close();
  }
  return temporary;
};

/** Replaces a file as a whole: after a crash at any moment there is the old content or the new one. Mode 0600. */
export const writeFileAtomic = async (path: string, content: string | Uint8Array): Promise<void> => {
  const temporary = await writeBeside(path, content, true);
  await moveDurably(temporary, path).catch(async (error: unknown) => {
    await unlink(temporary).catch(() => undefined);
    throw error;
  });
};

/**
 * The same, without waiting for the disk: the end of this process at any moment leaves the old content or the new one, a power cut perhaps an
 * older one, until the file was synced. For what happens on the way of a start.
 */
export const replaceFile = async (path: string, content: string | Uint8Array): Promise<void> => {
  const temporary = await writeBeside(path, content, false);
  await rename(temporary, path).catch(async (error: unknown) => {
    await unlink(temporary).catch(() => undefined);
    throw error;
  });
};
