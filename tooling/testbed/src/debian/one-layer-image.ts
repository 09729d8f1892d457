import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../host/cache.js';
import { buildImage } from '../image/build-image.js';
import { readLayout, writeLayout } from '../image/layout.js';
import { bootstrap, CREATED, ENVIRONMENT, SOURCE_DATE_EPOCH, SUITE } from './bootstrap.js';
import type { DebianImage } from './debian-image.js';
import { writeLayerFile } from './layer-file.js';
import { writeDifference } from './tar-difference.js';

/** What nobody reads here. */
const LEFT_OUT = ['/usr/share/doc/*', '/usr/share/locale/*', '/usr/share/man/*'].map((path) => `--dpkgopt=path-exclude=${path}`);

export interface OneLayerRecipe {
  /** Changes when the recipe does, so that no old image is taken for a new one. */
  recipe: number;
  /** Of the layout in the cache, and of the image in it with the tag `testbed`. */
  name: string;
  /** Of Debian. */
  packages: readonly string[];
  /** Of the image, beside environment, command and directory. */
  config?: Readonly<Record<string, unknown>>;
}

/** A Debian of one layer with these packages. Made once (about a minute) and kept in the cache. */
export const oneLayerImage = async ({ recipe, name, packages, config = {} }: OneLayerRecipe): Promise<DebianImage> => {
  const inputs = { RECIPE: recipe, SUITE, PACKAGES: packages, LEFT_OUT, SOURCE_DATE_EPOCH };
  const layout = await cached(name, inputs, async (directory) => {
    const [archive, layer] = [join(directory, `${name}.tar`), join(directory, 'layer')];
    await bootstrap(archive, packages, LEFT_OUT);
    // Not compressed: it is read once, on the machine that made it.
    const built = await writeLayerFile(layer, 'none', async (sink) => {
      await writeDifference(new Map(), archive, sink);
    });
    const all = { Env: ENVIRONMENT, Cmd: ['bash'], WorkingDir: '/root', ...config };
    await writeLayout(directory, { [`${name}:testbed`]: await buildImage({ layers: [built], created: CREATED, config: all }) });
    await Promise.all([rm(archive), rm(layer)]);
  });
  return { image: await readLayout(layout), layout };
};
