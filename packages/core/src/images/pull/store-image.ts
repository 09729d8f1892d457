import { setMaxListeners } from 'node:events';
import type { Descriptor } from '../format/descriptor.js';
import { shortDigest } from '../format/digest.js';
import type { FoundManifest } from '../format/find-manifest.js';
import { checkImageConfig, parseImageConfig } from '../format/image-config.js';
import { MAX_CONFIG_BYTES } from '../format/limits.js';
import type { LayerDescriptor } from '../format/manifest.js';
import type { Platform } from '../format/platform.js';
import { type BlobStore, missingBlob } from '../store/blob-store.js';
import type { ImageIndex, StoredImage } from '../store/image-index.js';
import type { ProgressTeller } from './progress.js';

/** Puts a blob into the store, checked; not called for what is there already. */
export type ProvideBlob = (descriptor: Descriptor, signal: AbortSignal, onBytes: (current: number) => void) => Promise<void>;

export interface StoreRequest {
  readonly store: BlobStore;
  readonly index: ImageIndex;
  readonly found: FoundManifest;
  readonly reference: string | null;
  /** Canonical name without tag; what the image is called by digest once its tag has moved on. */
  readonly name: string | null;
  readonly platform: Platform;
  readonly provide: ProvideBlob;
  /** Checks what only the source promises, once all blobs are here. */
  readonly verify?: ((layers: readonly LayerDescriptor[], diffIds: readonly string[]) => Promise<void>) | undefined;
  readonly progress: ProgressTeller;
  readonly signal: AbortSignal;
}

/** Runs all, and when one fails aborts the others and waits for them; the first failure is thrown. */
const allOrAbort = async (signal: AbortSignal, work: readonly ((signal: AbortSignal) => Promise<void>)[]): Promise<void> => {
  const abort = new AbortController();
  const all = AbortSignal.any([signal, abort.signal]);
  setMaxListeners(0, all);
  let first: { error: unknown } | undefined;
  await Promise.all(
    work.map(async (run) => {
      try {
        await run(all);
      } catch (error) {
        first ??= { error };
        abort.abort();
      }
    }),
  );
  if (first !== undefined) throw first.error;
};

const ensureBlob = async ({ store, provide, progress }: StoreRequest, descriptor: Descriptor, signal: AbortSignal): Promise<void> => {
  const { digest, size } = descriptor;
  if (!(await store.has(descriptor))) {
    await provide(descriptor, signal, (current) => {
      progress.part(digest, 'running', current, size);
    });
  }
  progress.part(digest, 'done', size, size);
};

/** The old owner of a tag stays, named by digest, until it is pruned: Boxes may use it. */
const withImage = (images: readonly StoredImage[], image: StoredImage, name: string | null): readonly StoredImage[] => {
  const isSame = ({ reference, digest }: StoredImage) => reference === image.reference && (reference !== null || digest === image.digest);
  const kept = images.filter((other) => !isSame(other) && !(other.replaced && other.digest === image.digest));
  const old = images.find((other) => isSame(other) && other.digest !== image.digest);
  if (old === undefined || name === null || kept.some(({ digest }) => digest === old.digest)) return [...kept, image];
  return [...kept, { ...old, reference: `${name}@${old.digest}`, replaced: true }, image];
};

/**
 * Brings all of an image into the store and then its name into the index: first the small configuration, which may show that the rest is of no use.
 * Nothing of it can be collected meanwhile.
 */
export const storeImage = async (request: StoreRequest): Promise<StoredImage> => {
  const { store, index, found, platform, reference, signal } = request;
  const { manifest, bytes, digest } = found;
  const what = reference ?? shortDigest(digest);
  const lease = await store.leases.hold([digest, manifest.config.digest, ...manifest.layers.map((layer) => layer.digest)]);
  try {
    await ensureBlob(request, manifest.config, signal);
    const config = await store.read(manifest.config.digest, MAX_CONFIG_BYTES);
    if (config === undefined) throw missingBlob(manifest.config.digest, what);
    const document = parseImageConfig(config, `the configuration of ${what}`);
    checkImageConfig(document, manifest.layers.length, platform, what);

    const layers = [...new Map(manifest.layers.map((layer) => [layer.digest, layer])).values()];
    await allOrAbort(
      signal,
      layers.map((layer) => (all) => ensureBlob(request, layer, all)),
    );
    await request.verify?.(manifest.layers, document.diffIds);
    await store.put(bytes);
    const image: StoredImage = {
      reference,
      digest,
      size: bytes.length,
      mediaType: manifest.mediaType,
      platform: document.platform,
      storedAt: new Date(),
      replaced: false,
    };
    return await index.update((images) => {
      const same = images.find((other) => other.reference === reference && other.digest === digest && !other.replaced);
      if (same !== undefined) return { images, result: same };
      return { images: withImage(images, image, request.name), result: image };
    });
  } finally {
    lease.release();
  }
};
