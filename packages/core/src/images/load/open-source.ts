import { rm, stat } from 'node:fs/promises';
import { BoxliteError, errnoCode } from '@boxlite/shared';
import type { BlobStore } from '../store/blob-store.js';
import { storageError } from '../../state/storage-error.js';
import { ArchiveLayout } from './archive-layout.js';
import { DockerArchive } from './docker-archive.js';
import type { ImageSource } from './image-source.js';
import { LayoutDirectory } from './layout-directory.js';
import { unpackArchive } from './unpack-archive.js';

const isDirectory = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (errnoCode(error) === 'ENOENT')
      throw new BoxliteError('NotFound', `${path} does not exist; it should be an OCI image layout or an archive`, { reason: 'ENOENT' });
    throw storageError(error, `reading ${path}`);
  }
};

/** Lets `use` take images from a path: an OCI layout's directory, an archive of one, or what `docker save` wrote. */
export const withSource = async <T>(
  path: string,
  store: BlobStore,
  signal: AbortSignal,
  use: (source: ImageSource) => Promise<T>,
): Promise<T> => {
  if (await isDirectory(path)) return use(await LayoutDirectory.open(path));
  const unpacked = store.temporaryPath('.unpacked');
  try {
    const files = await unpackArchive(path, unpacked, signal);
    const source = (await ArchiveLayout.open(path, files)) ?? (await DockerArchive.open(path, files));
    if (source === undefined) {
      throw new BoxliteError(
        'Image',
        `${path} is neither an archive of an OCI image layout (index.json) nor of \`docker save\` (manifest.json)`,
        {
          reason: 'not-an-archive',
        },
      );
    }
    return await use(source);
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
};
