import { open } from 'node:fs/promises';
import { BoxliteError } from '@boxlite/shared';
import { digestOf } from '../format/digest.js';
import { checkImageConfig, parseImageConfig } from '../format/image-config.js';
import { OCI_CONFIG, OCI_MANIFEST } from '../format/media-types.js';
import { formatPlatform, hostPlatform } from '../format/platform.js';
import type { ImageInfo } from '../image-info.js';
import type { BlobLease, BlobLeases } from '../store/blob-leases.js';
import type { RootfsStore } from './rootfs-store.js';

/** A root file system image that was made elsewhere. */
export interface ForeignRootfs {
  /** A file in `images/tmp`. */
  path: string;
  /** SHA-256 of the file, computed while it was written. */
  digest: string;
  sizeBytes: number;
  /** The image's configuration as it is in its blob. */
  document: Uint8Array;
}

const ROOTFS_TYPE = 'application/vnd.boxlite.rootfs.v1.erofs';
/** Little-endian, at byte 1024 (Linux, fs/erofs/erofs_fs.h). */
const EROFS_MAGIC = 0xe0f5e1e2;
const SUPERBLOCK = 1024;

const checkMagic = async (path: string): Promise<void> => {
  const file = await open(path, 'r');
  try {
    const magic = Buffer.alloc(4);
    await file.read(magic, 0, magic.length, SUPERBLOCK);
    if (magic.readUInt32LE() === EROFS_MAGIC) return;
  } finally {
    await file.close();
  }
  throw new BoxliteError('Image', 'the root file system that was imported is no EROFS image', { reason: 'malformed' });
};

/**
 * The image that a foreign root file system is, known by its content: its digest is that of a manifest which has the file as its only layer.
 *
 * It may have been made from an image of a registry, but nobody can tell without that image's layers. Under that image's digest it would
 * be what every other Box of that image gets.
 */
const describe = ({ digest, sizeBytes, document }: ForeignRootfs): ImageInfo => {
  const parsed = parseImageConfig(document, "the imported image's configuration");
  checkImageConfig(parsed, parsed.diffIds.length, hostPlatform(), 'the imported image');
  const config = { mediaType: OCI_CONFIG, digest: digestOf(document), size: document.length };
  const layers = [{ mediaType: ROOTFS_TYPE, digest, size: sizeBytes }];
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers });
  return {
    reference: null,
    digest: digestOf(manifest),
    platform: formatPlatform(parsed.platform),
    sizeBytes: sizeBytes + document.length + manifest.length,
    createdAt: parsed.createdAt,
    storedAt: undefined,
    layers: [digest],
    config: parsed.config,
    embedded: false,
    replaced: false,
  };
};

/** Keeps a foreign root file system, if it is not here yet. The lease holds it until somebody needs it. */
export const adoptRootfs = async (
  foreign: ForeignRootfs,
  store: RootfsStore,
  leases: BlobLeases,
): Promise<{ digest: string; lease: BlobLease }> => {
  await checkMagic(foreign.path);
  const info = describe(foreign);
  const lease = await leases.hold([info.digest]);
  try {
    if ((await store.info(info.digest)) === undefined) await store.add(foreign.path, info, foreign.document);
    return { digest: info.digest, lease };
  } catch (error) {
    lease.release();
    throw error;
  }
};
