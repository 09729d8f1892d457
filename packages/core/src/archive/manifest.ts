import { BoxliteError } from '@boxlite/shared';
import { isDigest } from '../images/format/digest.js';
import { checkImageConfig, type ImageConfigDocument, parseImageConfig } from '../images/format/image-config.js';
import { asObject, asSize, asString, type JsonObject, optional, parseObject } from '../images/format/json.js';
import { MAX_CONFIG_BYTES } from '../images/format/limits.js';
import { hostPlatform } from '../images/format/platform.js';
import { parseReference } from '../images/reference/parse-reference.js';
import type { BoxConfig } from '../options/box-config.js';
import { shortMessage } from './archive-error.js';
import { type ArchivedBox, configFromArchive } from './archived-box.js';
import { chunkCount, MAX_MANIFEST_BYTES, MAX_ROOTFS_BYTES } from './format.js';

/** A file in an archive. */
export interface Part {
  sizeBytes: number;
  /** Bytes that are no holes; what is written at the import is no more. */
  dataBytes: number;
  chunks: number;
}

/** The image of a Box, as an archive has it. */
export interface ArchivedImage {
  /** Canonical; null for an image without a name. */
  reference: string | null;
  /** The digest of its manifest in the home it came from. */
  digest: string;
  /** Its configuration blob (image-spec, config.md). */
  document: string;
}

/** What an archive begins with. */
export interface ArchiveManifest {
  /** The BoxLite that wrote it. */
  boxlite: string;
  /** ISO 8601, UTC. */
  exportedAt: string;
  box: ArchivedBox;
  image: ArchivedImage;
  parts: {
    /** The image's root file system. All of its chunks are there. */
    rootfs: Part;
    /** The writable disk; null when the Box was never started. */
    disk: Part | null;
  };
}

/** An archive's manifest, checked. */
export interface ReadManifest {
  /** A new Box's, with an id of its own; the name is the exported Box's. */
  config: BoxConfig;
  image: { reference: string | null; digest: string; document: Buffer; config: ImageConfigDocument };
  rootfs: Part;
  disk: Part | undefined;
}

/** A home reads a Box's configuration of 8 MiB, which is written in more lines there. */
const MAX_BOX_BYTES = 4 << 20;
/** What a home's record of an image holds beside the configuration. */
const MARGIN = 64 << 10;

/** What a Box shows as its image's reference where that has none. */
const unnamed = (digest: string): string => `boxlite.local/imported@${digest}`;

const readPart = (value: unknown, what: string, name: string): Part => {
  const part = asObject(value, what, `parts.${name}`);
  const size = (field: keyof Part): number => asSize(part[field], what, `parts.${name}.${field}`);
  const [sizeBytes, dataBytes, chunks] = [size('sizeBytes'), size('dataBytes'), size('chunks')];
  if (sizeBytes === 0) throw new Error(`its ${name} is empty`);
  if (dataBytes > sizeBytes || chunks > chunkCount(sizeBytes)) throw new Error(`its ${name} is larger than its size`);
  return { sizeBytes, dataBytes, chunks };
};

const readRootfs = (value: unknown, what: string): Part => {
  const rootfs = readPart(value, what, 'rootfs');
  if (rootfs.sizeBytes > MAX_ROOTFS_BYTES) throw new Error(`its root file system has ${rootfs.sizeBytes} bytes`);
  if (rootfs.chunks !== chunkCount(rootfs.sizeBytes)) throw new Error('its root file system has holes');
  return rootfs;
};

const readImage = (value: unknown, what: string): ReadManifest['image'] => {
  const image = asObject(value, what, 'image');
  const { digest } = image;
  if (!isDigest(digest)) throw new Error("its image's digest is none");
  const reference = optional(image['reference'], (name) => asString(name, what, 'image.reference')) ?? null;
  if (reference !== null) parseReference(reference);
  checkLength(image['document'], "its image's configuration", 2 * MAX_CONFIG_BYTES - MARGIN);
  const document = Buffer.from(asString(image['document'], what, 'image.document'));
  const config = parseImageConfig(document, "its image's configuration");
  checkImageConfig(config, config.diffIds.length, hostPlatform(), `the image of the archived Box`);
  return { reference, digest, document, config };
};

/** @param max bytes of JSON: what the home can read back. */
const checkLength = (value: unknown, what: string, max: number): void => {
  const length = Buffer.byteLength(JSON.stringify(value) ?? '');
  if (length > max) throw new Error(`${what} takes ${length} bytes; at most ${max} can be`);
};

const read = (document: JsonObject, what: string): ReadManifest => {
  const image = readImage(document['image'], what);
  const parts = asObject(document['parts'], what, 'parts');
  checkLength(document['box'], "its Box's configuration", MAX_BOX_BYTES);
  const config = configFromArchive(document['box'], image.reference ?? unnamed(image.digest));
  const disk = optional(parts['disk'], (value) => readPart(value, what, 'disk'));
  if (disk !== undefined && disk.sizeBytes !== config.diskSizeMib * 2 ** 20)
    throw new Error(`its disk has ${disk.sizeBytes} bytes, its Box one of ${config.diskSizeMib} MiB`);
  return { config, image, rootfs: readRootfs(parts['rootfs'], what), disk };
};

/**
 * Reads a manifest whose digest was right, which says nothing of who wrote it.
 * @throws whatever the first reader throws that something is wrong for
 */
export const parseManifest = (bytes: Buffer): ReadManifest => read(parseObject(bytes, 'its manifest'), 'its manifest');

/** @throws BoxliteError `Unsupported` for one that could not be imported. */
export const encodeManifest = (manifest: ArchiveManifest): Buffer => {
  const bytes = Buffer.from(JSON.stringify(manifest));
  try {
    if (bytes.length > MAX_MANIFEST_BYTES)
      throw new Error(`its manifest takes ${bytes.length} bytes; at most ${MAX_MANIFEST_BYTES} can be`);
    parseManifest(bytes);
    return bytes;
  } catch (error) {
    throw new BoxliteError('Unsupported', `this Box cannot be exported: ${shortMessage(error)}`, { cause: error });
  }
};
