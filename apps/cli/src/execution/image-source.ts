import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { BoxliteRuntime, BoxOptions, ImageInfo } from '@boxlite/core';
import { CliError } from '../errors/cli-error.js';

/** Where a Box's root file system comes from, as core takes it; neither is the embedded image. */
export type ImageSource = Pick<BoxOptions, 'image' | 'rootfs'>;

/** A directory is an OCI layout, a file an archive. */
export const imageSource = async (image: string | undefined, rootfs: string | undefined): Promise<ImageSource> => {
  if (rootfs === undefined) return image === undefined ? {} : { image };
  const path = resolve(rootfs);
  const found = await stat(path).catch((error: unknown) => {
    throw new CliError(`cannot read --rootfs: ${error instanceof Error ? error.message : String(error)}`);
  });
  return { rootfs: found.isDirectory() ? { ociLayout: path } : { archive: path } };
};

/** Gets the image before a Box is made of it, so that a wrong name leaves no Box behind. */
export const ensureImage = async (
  runtime: BoxliteRuntime,
  source: ImageSource,
  when: 'missing' | 'always' | 'never',
  signal: AbortSignal,
): Promise<ImageInfo> => {
  const { EMBEDDED_IMAGE } = await import('@boxlite/core');
  const { image = EMBEDDED_IMAGE, rootfs } = source;
  if (rootfs !== undefined)
    return runtime.images.load('ociLayout' in rootfs ? rootfs.ociLayout : 'archive' in rootfs ? rootfs.archive : rootfs.directory, {
      signal,
    });
  if (image === EMBEDDED_IMAGE) return runtime.images.resolve(image, { signal });
  if (when === 'never') return runtime.images.get(image);
  return when === 'always' ? runtime.images.pull(image, { signal }) : runtime.images.resolve(image, { signal });
};
