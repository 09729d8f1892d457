import { BoxliteError } from '@boxlite/shared';
import type { ImageInfo } from '../images/image-info.js';
import type { ImageManager } from '../images/image-manager.js';
import type { BoxConfig } from '../options/box-config.js';

const findImage = (images: ImageManager, source: BoxConfig['source'], signal: AbortSignal): Promise<ImageInfo> => {
  switch (source.kind) {
    case 'image':
      return images.resolve(source.reference, { signal });
    case 'ociLayout':
      // Used where it lies: a name in it must not take the place of an image of the home.
      return images.resolveLayout(source.path);
    case 'archive':
      return images.load(source.path, { signal });
  }
};

/**
 * The digest of a Box's image: `digest`, the one that an earlier start has used, where the home still has that; else what the source has now.
 * @throws BoxliteError `Image`, reason `image-changed`, when that is another one.
 */
export const resolveBoxImage = async (
  images: ImageManager,
  { id, source }: BoxConfig,
  digest: string | null,
  signal: AbortSignal,
): Promise<string> => {
  if (digest !== null && (await images.has(digest))) return digest;
  const image = await findImage(images, source, signal);
  if (digest !== null && image.digest !== digest) {
    const message = `Box ${id} was started from the image ${digest}, but its source has another one now (${image.digest}); its disk fits the first only. Bring that image back, or make a new Box`;
    throw new BoxliteError('Image', message, { reason: 'image-changed' });
  }
  return image.digest;
};
