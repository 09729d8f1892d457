import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../host/cache.js';
import { buildImage } from '../image/build-image.js';
import { readLayout, writeLayout } from '../image/layout.js';
import { bootstrap, CREATED, ENVIRONMENT, SOURCE_DATE_EPOCH, SUITE } from './bootstrap.js';
import type { DebianImage } from './debian-image.js';
import { writeLayerFile } from './layer-file.js';
import { writeDifference } from './tar-difference.js';

/** Changes when the recipe does, so that no old image is taken for a new one. */
const RECIPE = 2;
/** CPython with its own tests, a database, and programs that fill a terminal. */
const PACKAGES = ['git', 'htop', 'less', 'libpython3.11-testsuite', 'postgresql', 'python3', 'tmux', 'vim-tiny'];
/** What nobody reads here. */
const LEFT_OUT = ['/usr/share/doc/*', '/usr/share/locale/*', '/usr/share/man/*'].map((path) => `--dpkgopt=path-exclude=${path}`);

/**
 * A Debian of one layer with software that people run in containers. An image of its own, since it is ten times as large as the one of
 * {@link debianImage}. Made once (about a minute) and kept in the cache; it is named `software:testbed`.
 */
export const softwareImage = async (): Promise<DebianImage> => {
  const layout = await cached('software', { RECIPE, SUITE, PACKAGES, LEFT_OUT, SOURCE_DATE_EPOCH }, async (directory) => {
    const [archive, layer] = [join(directory, 'software.tar'), join(directory, 'layer')];
    await bootstrap(archive, PACKAGES, LEFT_OUT);
    // Not compressed: it is read once, on the machine that made it.
    const built = await writeLayerFile(layer, 'none', async (sink) => {
      await writeDifference(new Map(), archive, sink);
    });
    // PostgreSQL's way to stop without waiting for its clients.
    const config = { Env: ENVIRONMENT, Cmd: ['bash'], WorkingDir: '/root', StopSignal: 'SIGINT' };
    await writeLayout(directory, { 'software:testbed': await buildImage({ layers: [built], created: CREATED, config }) });
    await Promise.all([rm(archive), rm(layer)]);
  });
  return { image: await readLayout(layout), layout };
};
