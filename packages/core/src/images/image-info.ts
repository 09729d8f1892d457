import type { ImageConfig } from './format/image-config.js';

/** An image that is here: its blobs in the home's `images/`, or in a layout that is used in place. Plain data. */
export interface ImageInfo {
  /** Canonical: `docker.io/library/debian:12`. Null for an image that came from a layout without a name. */
  readonly reference: string | null;
  /** Digest of the manifest for this platform; the identity of the image. */
  readonly digest: string;
  /** `linux/amd64`. */
  readonly platform: string;
  /** Bytes of all blobs, compressed as they are. */
  readonly sizeBytes: number;
  /** When the image was built, if it says so. */
  readonly createdAt: Date | undefined;
  /** When it came here; undefined for an image used in place. */
  readonly storedAt: Date | undefined;
  /** Digests of the layers as stored, base first. */
  readonly layers: readonly string[];
  readonly config: ImageConfig;
  /** Whether it comes with BoxLite and lies outside the home. */
  readonly embedded: boolean;
  /** Whether a newer image has taken its tag; {@link reference} then names it by digest, and `prune` removes it. */
  readonly replaced: boolean;
}
