import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { buildImage, digestOf, readLayout, type TestImage } from '@boxlite/testbed';

const EMBEDDED = resolve(__dirname, '../../../../../packages/core/assets/images/busybox');

/** The embedded busybox with a command of its own: `echo entry`, and `cmd`. */
export const appImage = async (config: Record<string, unknown> = { Entrypoint: ['echo', 'entry'], Cmd: ['cmd'] }): Promise<TestImage> => {
  const { root, blobs } = await readLayout(EMBEDDED);
  const manifest = JSON.parse((blobs.get(root.digest) as Buffer).toString()) as { layers: { digest: string; mediaType: string }[] };
  const layers = await Promise.all(
    manifest.layers.map(async ({ digest, mediaType }) => {
      const content = await readFile((blobs.get(digest) as { path: string }).path);
      const gzip = mediaType.endsWith('gzip');
      const diffId = digestOf(gzip ? gunzipSync(content) : content);
      return { digest, size: content.length, diffId, compression: gzip ? ('gzip' as const) : ('none' as const), content };
    }),
  );
  return buildImage({ layers, config });
};
