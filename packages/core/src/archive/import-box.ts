import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BoxliteError, throwIfAborted } from '@boxlite/shared';
import { type BoxState, initialState } from '../box/box-state.js';
import { newLayer } from '../disks/disk-chain.js';
import type { DiskStore } from '../disks/disk-store.js';
import type { ImageManager } from '../images/image-manager.js';
import type { ProgressTeller } from '../images/pull/progress.js';
import type { BlobLease } from '../images/store/blob-leases.js';
import type { BoxConfig } from '../options/box-config.js';
import { moveDurably, syncFile } from '../state/files.js';
import { onDisk } from '../state/storage-error.js';
import { ArchiveReader } from './archive-reader.js';
import { checkRoom } from './check-room.js';
import { restorePart } from './restore-part.js';

export interface ImportRequest<Box> {
  path: string;
  disks: DiskStore;
  images: ImageManager;
  /** Puts the new Box among the others. Its configuration has the exported Box's name. */
  add: (config: BoxConfig, state: BoxState) => Promise<Box>;
  progress: ProgressTeller;
  signal: AbortSignal;
}

interface HeldImage {
  digest: string;
  lease: BlobLease;
}

/** The image under the digest that the archive names, if the home has it from elsewhere. */
const knownImage = async (images: ImageManager, digest: string, signal: AbortSignal): Promise<HeldImage | undefined> => {
  const lease = await images.hold(digest);
  try {
    if (await images.has(digest)) {
      await images.prepare({ digest }, { signal });
      return { digest, lease };
    }
  } catch (error) {
    throwIfAborted(signal);
    // It has lost a part; the archive has it whole.
    if (!(error instanceof BoxliteError)) throw error;
  }
  lease.release();
  return undefined;
};

/** Restores the parts of an archive, and checks that nothing follows. The image's needs no room where it is known already. */
const restore = async (reader: ArchiveReader, known: HeldImage | undefined, paths: Record<'rootfs' | 'disk', string>): Promise<string> => {
  const { rootfs, disk } = reader.manifest;
  await checkRoom(dirname(paths.disk), (known === undefined ? rootfs.dataBytes : 0) + (disk?.dataBytes ?? 0));
  let digest = '';
  if (known === undefined) digest = await restorePart(reader, 'rootfs', rootfs, paths.rootfs);
  else await reader.part('rootfs', rootfs);
  if (disk !== undefined) await restorePart(reader, 'disk', disk, paths.disk);
  reader.end();
  return digest;
};

/**
 * Makes a Box of an archive, stopped if it has a disk. The archive's last byte is checked before anything of it gets a name in the home;
 * after a failure nothing of it is left.
 */
export const importBox = async <Box>({ path, disks, images, add, progress, signal }: ImportRequest<Box>): Promise<Box> => {
  await using reader = await ArchiveReader.open(path, { progress, signal });
  const { config, image, rootfs, disk } = reader.manifest;
  const layer = newLayer('raw');
  const final = disks.path(layer);
  const temporary = { rootfs: await images.temporaryRootfs(), disk: `${final}.partial` };
  let held = await knownImage(images, image.digest, signal);
  disks.hold([layer]);
  try {
    const digest = await restore(reader, held, temporary);
    if (disk !== undefined) {
      await onDisk(`writing ${final}`, async () => {
        await syncFile(temporary.disk);
        await moveDurably(temporary.disk, final);
      });
    }
    held ??= await images.adopt({ path: temporary.rootfs, digest, sizeBytes: rootfs.sizeBytes, document: image.document });
    const state = { ...initialState(), imageDigest: held.digest };
    return await add(config, disk === undefined ? state : { ...state, disk: [layer], status: 'stopped' });
  } catch (error) {
    await rm(final, { force: true });
    throw error;
  } finally {
    await rm(temporary.rootfs, { force: true });
    await rm(temporary.disk, { force: true });
    disks.settle([layer]);
    held?.lease.release();
  }
};
