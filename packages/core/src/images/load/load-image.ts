import { findManifest } from '../format/find-manifest.js';
import { shortDigest } from '../format/digest.js';
import type { Platform } from '../format/platform.js';
import { ProgressTeller } from '../pull/progress.js';
import { storeImage } from '../pull/store-image.js';
import { parseReference } from '../reference/parse-reference.js';
import { referenceName } from '../reference/reference.js';
import type { BlobStore } from '../store/blob-store.js';
import type { ImageIndex, StoredImage } from '../store/image-index.js';
import type { ProgressListener } from '../../progress.js';
import { chooseImage } from './choose-image.js';
import { withSource } from './open-source.js';

export interface LoadRequest {
  readonly path: string;
  readonly platform: Platform;
  /** Canonical. */
  readonly reference: string | undefined;
  readonly store: BlobStore;
  readonly index: ImageIndex;
  readonly signal: AbortSignal;
  readonly tell: ProgressListener;
}

/** Copies an image from a directory or an archive into the store, under all the names it has there. */
export const loadImage = ({ path, platform, reference, store, index, signal, tell }: LoadRequest): Promise<StoredImage> =>
  withSource(path, store, signal, async (source) => {
    const { entry, references } = chooseImage(source, platform, reference);
    const what = `image ${shortDigest(entry.digest)} in ${path}`;
    const found = await findManifest(await source.manifest(entry), platform, what, (next) => source.manifest(next));
    const progress = new ProgressTeller('pull', references[0] ?? path, tell);
    const common = {
      store,
      index,
      found,
      platform,
      progress,
      signal,
      provide: (descriptor, blobSignal, onBytes) => source.provide(descriptor, store, blobSignal, onBytes),
      verify: source.verify && ((layers, diffIds) => source.verify?.(layers, diffIds, store, signal) ?? Promise.resolve()),
    } satisfies Partial<Parameters<typeof storeImage>[0]>;
    const [first, ...others] = references;
    const image = await storeImage({
      ...common,
      reference: first ?? null,
      name: first === undefined ? null : referenceName(parseReference(first)),
    });
    for (const other of others) await storeImage({ ...common, reference: other, name: referenceName(parseReference(other)) });
    return image;
  });
