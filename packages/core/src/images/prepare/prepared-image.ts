import type { ImageConfig } from '../format/image-config.js';

/** An image as a Box needs it. */
export interface PreparedImage {
  /** Absolute path of the read-only root file system image (EROFS), shared by all Boxes of the image. */
  readonly rootfs: string;
  /** Digest of the image's manifest. */
  readonly digest: string;
  readonly config: ImageConfig;
}
