import { MAX_MANIFEST_BYTES } from '../format/limits.js';
import { parseManifest } from '../format/manifest.js';
import type { RootfsStore } from '../prepare/rootfs-store.js';
import type { BlobStore } from '../store/blob-store.js';
import type { ImageIndex, StoredImage } from '../store/image-index.js';

export interface Collection {
  readonly store: BlobStore;
  readonly index: ImageIndex;
  readonly rootfs: RootfsStore;
  /** Ids of the Boxes that stand on an image. */
  readonly usedBy: (digest: string) => readonly string[];
  /** Prepared images to keep although no index names them. */
  readonly keep: ReadonlySet<string>;
  /** Told of each root file system that is removed. */
  readonly onRemoved: (digest: string) => void;
  /** Half downloads too. */
  readonly partials: boolean;
}

/** What an image needs; of one that cannot be read no more than its manifest. */
const blobsOf = async ({ digest, mediaType }: StoredImage, store: BlobStore): Promise<string[]> => {
  const bytes = await store.read(digest, MAX_MANIFEST_BYTES);
  if (bytes === undefined) return [digest];
  try {
    const manifest = parseManifest(bytes, digest, mediaType);
    return manifest.kind === 'manifest' ? [digest, manifest.config.digest, ...manifest.layers.map((layer) => layer.digest)] : [digest];
  } catch {
    return [digest];
  }
};

/** Removes blobs and root file systems that no image, no Box and no work under way needs. Returns the bytes of disk that this gave back. */
export const collect = ({ store, index, rootfs, usedBy, keep, partials, onRemoved }: Collection): Promise<number> =>
  store.leases.collect(async (held) => {
    const images = await index.all();
    const named = new Set(images.map(({ digest }) => digest));
    const needed = new Set((await Promise.all(images.map((image) => blobsOf(image, store)))).flat());
    let freed = await store.clean({ partials, held });
    for (const digest of await store.list()) if (!needed.has(digest) && !held.has(digest)) freed += await store.remove(digest);
    for (const digest of await rootfs.list()) {
      if (named.has(digest) || held.has(digest) || keep.has(digest) || usedBy(digest).length > 0) continue;
      freed += await rootfs.remove(digest);
      onRemoved(digest);
    }
    return freed;
  });
