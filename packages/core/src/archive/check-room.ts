import { statfs } from 'node:fs/promises';
import { BoxliteError } from '@boxlite/shared';
import { onDisk } from '../state/storage-error.js';

const mib = (bytes: number): number => Math.ceil(bytes / 2 ** 20);

/** @throws BoxliteError `Storage`, reason `ENOSPC`, when a file system has no room for so many bytes; before any of them is written. */
export const checkRoom = async (directory: string, bytes: number): Promise<void> => {
  const { bavail, bsize } = await onDisk(`looking for room in ${directory}`, () => statfs(directory));
  const free = bavail * bsize;
  if (bytes <= free) return;
  const message = `${mib(bytes)} MiB are needed in ${directory}, and ${mib(free)} MiB are free; free some space and try again`;
  throw new BoxliteError('Storage', message, { reason: 'ENOSPC' });
};
