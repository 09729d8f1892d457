import type { FileHandle } from 'node:fs/promises';
import { BoxliteError } from '@boxlite/shared';
import type { BoxCapture } from '../box/box-capture.js';
import type { BoxHost } from '../box/box-host.js';
import type { ImageManager } from '../images/image-manager.js';
import type { ProgressTeller } from '../images/pull/progress.js';
import type { BoxConfig } from '../options/box-config.js';
import { archivedBox } from './archived-box.js';
import { withRawDisk } from './raw-disk.js';
import { writeTarget } from './target-file.js';
import { writeArchive } from './write-archive.js';

/** A Box as its export needs it. */
export interface ExportedBox {
  readonly config: BoxConfig;
  capture(memory: false): Promise<BoxCapture>;
}

export interface ExportRequest {
  box: ExportedBox;
  /** Absolute. */
  path: string;
  host: Pick<BoxHost, 'disks' | 'resolveImage'>;
  images: ImageManager;
  progress: ProgressTeller;
  signal: AbortSignal;
}

const writeBox = async (target: FileHandle, { box, host, images, progress, signal }: ExportRequest): Promise<void> => {
  const { config } = box;
  if (config.volumes.length > 0) {
    const message = `Box ${config.id} has volumes, and an archive holds nothing of them; copy what you need to its disk, in a Box without volumes`;
    throw new BoxliteError('Unsupported', message, { reason: 'has-volumes' });
  }
  await using capture = await box.capture(false);
  const digest = await host.resolveImage(config, capture.imageDigest, signal);
  const lease = await images.hold(digest);
  try {
    const { rootfs, info, document } = await images.toArchive(digest, { signal });
    const reference = config.source.kind === 'image' ? config.source.reference : info.reference;
    const image = { reference, digest, document: document.toString('utf8') };
    const write = (disk: string | null): Promise<void> =>
      writeArchive(target, { box: archivedBox(config), image, rootfs, disk }, { progress, signal });
    await (capture.disk === null ? write(null) : withRawDisk(capture.disk, host.disks, signal, write));
  } finally {
    lease.release();
  }
};

/**
 * Writes a Box to a file, whatever it does meanwhile: whole and on disk, or not at all.
 * @returns the file's path
 */
export const exportBox = async (request: ExportRequest): Promise<string> => {
  await writeTarget(request.path, (target) => writeBox(target, request));
  return request.path;
};
