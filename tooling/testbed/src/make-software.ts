import { softwareImage } from './debian/software-image.js';

/** Makes the image of {@link softwareImage} when it is not in the cache yet, for tests of users who may not write there. */
await softwareImage();
