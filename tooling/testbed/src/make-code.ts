import { codeImage, plotImage } from './debian/code-image.js';

/** `./dev images [--plots]`: makes the image that code runs in when it is not in the cache yet, and prints the path of its OCI layout. */
console.log((await (process.argv.includes('--plots') ? plotImage() : codeImage())).layout);
