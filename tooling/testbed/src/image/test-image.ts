import { createHash } from 'node:crypto';

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  platform?: { os: string; architecture: string; variant?: string };
  annotations?: Record<string, string>;
}

/** Content of a blob: at hand, or in a file. */
export type BlobContent = Buffer | { readonly path: string };

/** An image, or an index of images, with all its blobs. */
export interface TestImage {
  /** The manifest or index that stands for the whole. */
  readonly root: Descriptor;
  /** Manifests and indexes, children before those that name them; the root is the last. */
  readonly manifests: readonly Descriptor[];
  /** All blobs by digest, manifests among them. */
  readonly blobs: ReadonlyMap<string, BlobContent>;
}

export const digestOf = (bytes: Buffer | string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export const blobBytes = (image: TestImage, digest: string): Buffer => {
  const content = image.blobs.get(digest);
  if (!Buffer.isBuffer(content)) throw new Error(`blob ${digest} is not in memory`);
  return content;
};
