import { rm } from 'node:fs/promises';
import { AbortError, BoxliteError } from '@boxlite/shared';
import type { LayerCompression } from '../format/media-types.js';
import { shortDigest } from '../format/digest.js';
import type { ImageRecord } from '../image-catalog.js';
import type { BlobStore } from '../store/blob-store.js';
import { storageError } from '../../state/storage-error.js';
import type { ProgressTeller } from '../pull/progress.js';
import type { RootfsStore } from './rootfs-store.js';

/** Builds one root file system image from layers; `@boxlite/vmm` does it off the main thread. */
export type BuildRootfs = (options: {
  layers: readonly { path: string; compression: LayerCompression }[];
  directories?: readonly string[];
  output: string;
  signal?: AbortSignal;
  onProgress?: (bytesRead: number) => void;
}) => Promise<{ sizeBytes: number; entries: number }>;

/**
 * Builds the root file system image of an image and keeps it. The caller sees to it that this runs once at a time for an image.
 *
 * That the layers unpack to the `diff_ids` of the configuration is not checked again: manifest, configuration and layers were each checked against the
 * digests that lead from the image's identity to them, so another content would be another image. Unpacking twice would cost as much as the build.
 */
export const prepareImage = async (
  record: ImageRecord,
  {
    store,
    rootfs,
    build,
    progress,
    signal,
  }: { store: BlobStore; rootfs: RootfsStore; build: BuildRootfs; progress: ProgressTeller; signal: AbortSignal },
): Promise<void> => {
  const { info, manifest } = record;
  const total = manifest.layers.reduce((sum, { size }) => sum + size, 0);
  const output = store.temporaryPath('.erofs');
  const lease = await store.leases.hold([info.digest, manifest.config.digest, ...info.layers]);
  try {
    for (const layer of manifest.layers) await record.checkLayer(layer, signal);
    await build({
      layers: manifest.layers.map(({ digest, compression }) => ({ path: record.blobPath(digest), compression })),
      directories: info.config.volumes,
      output,
      signal,
      onProgress: (bytesRead) => {
        progress.part('rootfs', 'running', Math.min(bytesRead, total), total);
      },
    });
    progress.part('rootfs', 'done', total, total);
    await rootfs.add(output, info, record.document);
  } catch (error) {
    await rm(output, { force: true });
    if (signal.aborted) throw new AbortError(signal.reason);
    const doing = `building the root file system of ${info.reference ?? shortDigest(info.digest)}`;
    throw BoxliteError.from(storageError(error, doing), 'Image', `${doing} failed`);
  } finally {
    lease.release();
  }
};
