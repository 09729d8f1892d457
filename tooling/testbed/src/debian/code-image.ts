import type { DebianImage } from './debian-image.js';
import { oneLayerImage } from './one-layer-image.js';

/** A Debian with Python and Node.js, for Boxes that run code. */
export const codeImage = (): Promise<DebianImage> => oneLayerImage({ recipe: 1, name: 'code', packages: ['nodejs', 'python3'] });

/** The same with NumPy and Matplotlib; an image of its own, since these are large. */
export const plotImage = (): Promise<DebianImage> =>
  oneLayerImage({ recipe: 1, name: 'plot', packages: ['nodejs', 'python3', 'python3-matplotlib', 'python3-numpy'] });
