import { randomBytes } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import { moveDurably } from './files.js';

/** Replaces a file as a whole: after a crash at any moment there is the old content or the new one. Mode 0600. */
export const writeFileAtomic = async (path: string, content: string | Uint8Array): Promise<void> => {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await moveDurably(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
};
