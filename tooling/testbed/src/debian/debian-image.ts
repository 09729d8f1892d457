import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../host/cache.js';
import { buildImage, type BuiltLayer, type Compression } from '../image/build-image.js';
import { readLayout, writeLayout } from '../image/layout.js';
import type { TestImage } from '../image/test-image.js';
import { bootstrap, CREATED, ENVIRONMENT, SOURCE_DATE_EPOCH, SUITE } from './bootstrap.js';
import { writeLayerFile } from './layer-file.js';
import { BELOW, SPECIAL } from './special-entries.js';
import { type Contents, writeDifference } from './tar-difference.js';

/** Changes when the recipe does, so that no old image is taken for a new one. */
const RECIPE = 1;
/** markupsafe is a module of Python that is written in C. */
const PACKAGES = ['python3', 'python3-markupsafe', 'git', 'openssh-client'];

export interface DebianImageOptions {
  /** Of all layers. @defaultValue gzip */
  compression?: Compression;
}

export interface DebianImage {
  readonly image: TestImage;
  /** Directory of the OCI layout; the image is named `debian:testbed` there. */
  readonly layout: string;
}

const make = async (directory: string, compression: Compression): Promise<void> => {
  const work = await mkdtemp(join(directory, '.work-'));
  const [base, full] = [join(work, 'base.tar'), join(work, 'full.tar')];
  await bootstrap(base, []);
  await bootstrap(full, PACKAGES);
  const layers: BuiltLayer[] = [];
  let contents: Contents = new Map();
  const layer = async (archive: string, more: typeof BELOW): Promise<void> => {
    layers.push(
      await writeLayerFile(join(work, `layer${String(layers.length)}`), compression, async (sink) => {
        contents = await writeDifference(contents, archive, sink, more);
      }),
    );
  };
  await layer(base, []);
  await layer(full, BELOW);
  const image = await buildImage({
    layers: [...layers, SPECIAL],
    compression,
    created: CREATED,
    config: {
      Env: ENVIRONMENT,
      Cmd: ['bash'],
      User: 'root',
      WorkingDir: '/root',
    },
  });
  await writeLayout(directory, { 'debian:testbed': image });
  await rm(work, { recursive: true });
};

/**
 * A real Debian image of three layers: the minimal system; python3, git and a C module; deletions and special entries.
 * Made once (about a minute, packages come from Debian's mirror) and kept in the cache.
 */
export const debianImage = async ({ compression = 'gzip' }: DebianImageOptions = {}): Promise<DebianImage> => {
  const inputs = { RECIPE, SUITE, PACKAGES, SOURCE_DATE_EPOCH, BELOW, SPECIAL, compression };
  const layout = await cached('debian', inputs, (directory) => make(directory, compression));
  return { image: await readLayout(layout), layout };
};
