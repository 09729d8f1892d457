import type { ImageInfo as OurImageInfo } from '@boxlite/core';
import type { Lease } from './lease.js';

/** An image that is here. */
export interface ImageInfo {
  reference: string;
  /** The reference without tag or digest; empty for an image without a name. */
  repository: string;
  /** Empty for an image without a name, and for one that is named by its digest. */
  tag: string;
  /** Digest of its manifest. */
  id: string;
  /** When it came here, in ISO 8601; empty for one that is used where it lies. */
  cachedAt: string;
  /** Of all its blobs, compressed as they are. */
  sizeBytes: number;
}

/** An image that is here now. */
export interface ImagePullResult {
  reference: string;
  /** Digest of the image's manifest for this platform, by which it is known here. */
  configDigest: string;
  layerCount: number;
}

/** Repository and tag; no tag when it is named by its digest. */
export const splitReference = (reference: string): { repository: string; tag: string } => {
  const [name = '', digest] = reference.split('@');
  const colon = name.lastIndexOf(':');
  // A colon before the last slash is a port's.
  if (colon < name.lastIndexOf('/') || colon < 0) return { repository: name, tag: '' };
  return { repository: name.slice(0, colon), tag: digest === undefined ? name.slice(colon + 1) : '' };
};

const imageInfoOf = ({ reference, digest, storedAt, sizeBytes }: OurImageInfo): ImageInfo => ({
  reference: reference ?? digest,
  ...splitReference(reference ?? ''),
  id: digest,
  cachedAt: storedAt?.toISOString() ?? '',
  sizeBytes,
});

/** The images of a runtime. */
export class ImageHandle {
  readonly #lease: Lease;

  constructor(lease: Lease) {
    this.#lease = lease;
  }

  /** Pulls an image from its registry, when it is not here. */
  async pull(reference: string): Promise<ImagePullResult> {
    const image = await (await this.#lease.runtime()).images.pull(reference);
    return { reference: image.reference ?? reference, configDigest: image.digest, layerCount: image.layers.length };
  }

  /** The images that are here, those that come with BoxLite among them. */
  async list(): Promise<ImageInfo[]> {
    return (await (await this.#lease.runtime()).images.list()).map(imageInfoOf);
  }
}
