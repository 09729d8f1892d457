import { BoxliteError } from '@boxlite/shared';
import type { Descriptor } from './format/descriptor.js';
import { shortDigest } from './format/digest.js';
import { findManifest, type FoundManifest } from './format/find-manifest.js';
import { checkImageConfig, type ImageConfigDocument, parseImageConfig } from './format/image-config.js';
import { MAX_CONFIG_BYTES, MAX_MANIFEST_BYTES } from './format/limits.js';
import { type Manifest, parseManifest } from './format/manifest.js';
import { formatPlatform, type Platform } from './format/platform.js';
import type { ImageInfo } from './image-info.js';
import { chooseImage } from './load/choose-image.js';
import { LayoutDirectory } from './load/layout-directory.js';
import { type BlobStore, missingBlob } from './store/blob-store.js';
import type { StoredImage } from './store/image-index.js';

/** An image with all that is needed to build its root file system. */
export interface ImageRecord {
  readonly info: ImageInfo;
  readonly manifest: Manifest;
  /** The configuration blob. */
  readonly document: Buffer;
  /** Where a blob lies. */
  blobPath(digest: string): string;
  /** Checks that a layer is here and whole. */
  checkLayer(layer: Descriptor, signal: AbortSignal): Promise<void>;
}

const sizeOf = (manifestBytes: number, { config, layers }: Manifest): number =>
  [config, ...layers].reduce((sum, { size }) => sum + size, manifestBytes);

const describe = (
  found: { digest: string; size: number; manifest: Manifest; document: ImageConfigDocument },
  rest: Pick<ImageInfo, 'reference' | 'storedAt' | 'embedded' | 'replaced'>,
): ImageInfo => ({
  ...rest,
  digest: found.digest,
  platform: formatPlatform(found.document.platform),
  sizeBytes: sizeOf(found.size, found.manifest),
  createdAt: found.document.createdAt,
  layers: found.manifest.layers.map(({ digest }) => digest),
  config: found.document.config,
});

/** Reads an image of the home. @throws BoxliteError `Image`, reason `blob-missing`, when part of it is not there any more */
export const readStoredImage = async (image: StoredImage, store: BlobStore): Promise<ImageRecord> => {
  const what = `image ${image.reference ?? shortDigest(image.digest)}`;
  const bytes = await store.read(image.digest, MAX_MANIFEST_BYTES);
  if (bytes === undefined) throw missingBlob(image.digest, what);
  const manifest = parseManifest(bytes, what, image.mediaType);
  if (manifest.kind !== 'manifest') throw missingBlob(image.digest, what);
  const document = await store.read(manifest.config.digest, MAX_CONFIG_BYTES);
  if (document === undefined) throw missingBlob(manifest.config.digest, what);
  const parsed = parseImageConfig(document, `the configuration of ${what}`);
  const { reference, storedAt, replaced, digest } = image;
  return {
    info: describe({ digest, size: bytes.length, manifest, document: parsed }, { reference, storedAt, replaced, embedded: false }),
    manifest,
    document,
    blobPath: (blob) => store.path(blob),
    checkLayer: async (layer) => {
      if (!(await store.has(layer))) throw missingBlob(layer.digest, what);
    },
  };
};

/** Reads an image that stays in its layout. What is small is checked now; layers are checked when they are used. */
export const readLayoutImage = async (
  path: string,
  platform: Platform,
  name: { reference: string | null; embedded: boolean },
): Promise<ImageRecord> => {
  const layout = await LayoutDirectory.open(path);
  const { entry, references } = chooseImage(layout, platform, name.reference ?? undefined);
  const what = `image ${shortDigest(entry.digest)} in ${path}`;
  const found: FoundManifest = await findManifest(await layout.manifest(entry), platform, what, (next) => layout.manifest(next));
  const { manifest, digest, bytes } = found;
  const document = await layout.read(manifest.config.digest, MAX_CONFIG_BYTES);
  const parsed = parseImageConfig(document, `the configuration of ${what}`);
  checkImageConfig(parsed, manifest.layers.length, platform, what);
  return {
    info: describe(
      { digest, size: bytes.length, manifest, document: parsed },
      { reference: name.reference ?? references[0] ?? null, storedAt: undefined, embedded: name.embedded, replaced: false },
    ),
    manifest,
    document,
    blobPath: (blob) => layout.path(blob),
    checkLayer: (layer, signal) => layout.verifyBlob(layer, signal),
  };
};

export const imageNotFound = (reference: string): BoxliteError =>
  new BoxliteError('NotFound', `image ${reference} is not here; pull or load it first`, { reason: 'image-not-found' });
