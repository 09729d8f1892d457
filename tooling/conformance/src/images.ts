import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BoxOptions } from '@boxlite/core';
import { debianImage, softwareImage } from '@boxlite/testbed';
import type { ImageName } from './command.js';
import { rootFileSystem } from './runc/root-file-system.js';
import type { RuncImage } from './runc/runc-side.js';

/** The same image for both sides. */
interface ConformanceImage {
  runc: RuncImage;
  box: BoxOptions;
}

/** The image that comes with BoxLite, as it lies in the checkout. */
const BUSYBOX = new URL('../../../packages/core/assets/images/busybox', import.meta.url).pathname;

interface Index {
  manifests: { digest: string }[];
}

const fromLayout = async (layout: string, env: readonly string[], workingDir: string): Promise<ConformanceImage> => {
  const index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as Index;
  const [manifest] = index.manifests;
  if (manifest === undefined) throw new Error(`${layout} has no image`);
  const rootfs = await rootFileSystem(layout, manifest);
  return { runc: { rootfs, env, workingDir }, box: { rootfs: { ociLayout: layout } } };
};

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export const images: Readonly<Record<ImageName, () => Promise<ConformanceImage>>> = {
  debian: async () => fromLayout((await debianImage()).layout, [PATH, 'LANG=C.UTF-8'], '/root'),
  // CPython's tests want more memory than commands do.
  software: async () => {
    const { runc, box } = await fromLayout((await softwareImage()).layout, [PATH, 'LANG=C.UTF-8'], '/root');
    return { runc, box: { ...box, memoryMib: 1_024 } };
  },
  busybox: () => fromLayout(BUSYBOX, [PATH], '/'),
};
