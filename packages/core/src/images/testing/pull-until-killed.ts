import { ImagesLayout } from '@boxlite/shared';
import { ImageManager } from '../image-manager.js';
import { unheard } from '../../recovery/recovery-report.js';

/** A program for `crash.test.ts`: pulls what it is told into a directory and names on its output each image that it was given. */
const [directory = '', ...references] = process.argv.slice(2);
const images = new ImageManager({ layout: new ImagesLayout(directory) });
await images.recover(unheard);
await Promise.all(
  references.map(async (reference) => {
    const { digest } = await images.pull(reference);
    process.stdout.write(`${reference} ${digest}\n`);
  }),
);
process.stdout.write('all\n');
await images.close();
