import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoCode, type ImagesLayout } from '@boxlite/shared';
import { onDisk } from '../../state/storage-error.js';

/** Bytes of disk that images take. */
export interface ImageDiskUse {
  /** Blobs as they came from registries. */
  readonly blobsBytes: number;
  /** Root file system images. */
  readonly rootfsBytes: number;
  /** Half downloads, and what is being built. */
  readonly temporaryBytes: number;
}

const sizeOf = async (path: string): Promise<number> => {
  try {
    const stats = await lstat(path);
    if (!stats.isDirectory()) return stats.blocks * 512;
    const sizes = await Promise.all((await readdir(path)).map((name) => sizeOf(join(path, name))));
    return sizes.reduce((sum, size) => sum + size, 0);
  } catch (error) {
    // It went while we looked.
    if (errnoCode(error) === 'ENOENT') return 0;
    throw error;
  }
};

export const imageDiskUse = ({ root, blobs, rootfs, temporary }: ImagesLayout): Promise<ImageDiskUse> =>
  onDisk(`measuring ${root}`, async () => {
    const [blobsBytes, rootfsBytes, temporaryBytes] = await Promise.all([sizeOf(blobs), sizeOf(rootfs), sizeOf(temporary)]);
    return { blobsBytes, rootfsBytes, temporaryBytes };
  });
