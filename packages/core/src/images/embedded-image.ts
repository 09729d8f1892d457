import { BoxliteError } from '@boxlite/shared';
import { assetPath } from '../assets.js';
import { hostPlatform } from './format/platform.js';
import { type ImageRecord, readLayoutImage } from './image-catalog.js';

/** The reference of the image that BoxLite brings with it; never asked of a registry. */
export const EMBEDDED_IMAGE = 'boxlite.local/busybox:latest';

/** Reads the embedded image where it lies in this package. */
export const readEmbeddedImage = async (): Promise<ImageRecord> => {
  const path = assetPath('images/busybox');
  try {
    return await readLayoutImage(path, hostPlatform(), { reference: EMBEDDED_IMAGE, embedded: true });
  } catch (error) {
    if (!(error instanceof BoxliteError) || error.code !== 'NotFound') throw error;
    throw new BoxliteError('Config', `the embedded image is missing (${path}); install BoxLite again, or run its set-up in a checkout`, {
      reason: 'embedded-image-missing',
      cause: error,
    });
  }
};
