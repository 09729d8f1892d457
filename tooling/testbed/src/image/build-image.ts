import { gzipSync } from 'node:zlib';
import { findProgram } from '../host/programs.js';
import { run } from '../host/run.js';
import { tar, type TarEntry } from './tar-writer.js';
import { type BlobContent, type Descriptor, digestOf, type TestImage } from './test-image.js';

export type Compression = 'none' | 'gzip' | 'zstd';
export type Format = 'oci' | 'docker';

/** A layer that is ready: compressed, its digests known. */
export interface BuiltLayer {
  readonly digest: string;
  readonly size: number;
  readonly diffId: string;
  readonly compression: Compression;
  readonly content: BlobContent;
}

export interface ImageRecipe {
  /** Base first. */
  layers: readonly (readonly TarEntry[] | BuiltLayer)[];
  /** Of layers that are given as entries. @defaultValue gzip */
  compression?: Compression;
  /** Whose media types. @defaultValue oci */
  format?: Format;
  /** `config` of the configuration, in OCI's own spelling. */
  config?: Record<string, unknown>;
  architecture?: string;
  variant?: string;
  created?: string;
}

const TYPES = {
  oci: {
    index: 'application/vnd.oci.image.index.v1+json',
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: {
      none: 'application/vnd.oci.image.layer.v1.tar',
      gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
      zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
    },
  },
  docker: {
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: {
      none: 'application/vnd.docker.image.rootfs.diff.tar',
      gzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
      zstd: 'application/vnd.docker.image.rootfs.diff.tar.zstd',
    },
  },
} as const;

const compress = async (bytes: Buffer, compression: Compression): Promise<Buffer> => {
  if (compression === 'none') return bytes;
  if (compression === 'gzip') return gzipSync(bytes);
  const zstd = findProgram('zstd');
  if (zstd === undefined) throw new Error('zstd is not installed');
  return run(zstd, ['-q', '-c'], { input: bytes });
};

const build = async (entries: readonly TarEntry[], compression: Compression): Promise<BuiltLayer> => {
  const archive = tar(entries);
  const content = await compress(archive, compression);
  return { digest: digestOf(content), size: content.length, diffId: digestOf(archive), compression, content };
};

const isBuilt = (layer: readonly TarEntry[] | BuiltLayer): layer is BuiltLayer => 'digest' in layer;

/** Builds an image in memory; layers that are built already stay where they are. */
export const buildImage = async (recipe: ImageRecipe): Promise<TestImage> => {
  const types = TYPES[recipe.format ?? 'oci'];
  const layers = await Promise.all(
    recipe.layers.map(async (layer) => (isBuilt(layer) ? layer : build(layer, recipe.compression ?? 'gzip'))),
  );
  const platform = {
    os: 'linux',
    architecture: recipe.architecture ?? 'amd64',
    ...(recipe.variant === undefined ? {} : { variant: recipe.variant }),
  };
  const config = Buffer.from(
    JSON.stringify({
      created: recipe.created ?? '2024-01-02T03:04:05Z',
      ...platform,
      config: recipe.config ?? {},
      rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: types.manifest,
      config: { mediaType: types.config, digest: digestOf(config), size: config.length },
      layers: layers.map(({ digest, size, compression }) => ({ mediaType: types.layer[compression], digest, size })),
    }),
  );
  const root: Descriptor = { mediaType: types.manifest, digest: digestOf(manifest), size: manifest.length, platform };
  const blobs = new Map<string, BlobContent>([
    ...layers.map(({ digest, content }): [string, BlobContent] => [digest, content]),
    [digestOf(config), config],
    [root.digest, manifest],
  ]);
  return { root, manifests: [root], blobs };
};

/** Puts images, or indexes, into one index. */
export const buildIndex = (images: readonly TestImage[], format: Format = 'oci'): TestImage => {
  const bytes = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: TYPES[format].index, manifests: images.map(({ root }) => root) }),
  );
  const root: Descriptor = { mediaType: TYPES[format].index, digest: digestOf(bytes), size: bytes.length };
  return {
    root,
    manifests: [...images.flatMap(({ manifests }) => manifests), root],
    blobs: new Map([...images.flatMap(({ blobs }) => [...blobs]), [root.digest, bytes]]),
  };
};

/** A small image that has something of everything; its programs do not run. */
export const smallImage = (overrides: Partial<ImageRecipe> = {}): Promise<TestImage> =>
  buildImage({
    layers: [
      [
        { name: 'etc/', type: 'directory' },
        { name: 'etc/hostname', content: 'small\n' },
        { name: 'etc/gone', content: 'deleted by the next layer' },
      ],
      [
        { name: 'etc/.wh.gone', content: '' },
        { name: 'bin/', type: 'directory' },
        { name: 'bin/hello', content: Buffer.alloc(100_000, 'hello '), mode: 0o755 },
        { name: 'bin/hi', type: 'link', linkname: 'bin/hello' },
        { name: 'bin/sh', type: 'symlink', linkname: 'hello' },
      ],
    ],
    config: {
      Env: ['PATH=/bin', 'A=1', 'A=2'],
      Entrypoint: ['/bin/hello'],
      Cmd: ['world'],
      WorkingDir: '/etc',
      User: '1000:1000',
      Labels: { a: 'b' },
    },
    ...overrides,
  });
