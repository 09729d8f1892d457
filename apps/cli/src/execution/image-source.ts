import { stat } from 'node:fs/promises';
import type { BoxOptions, ImageInfo } from '@boxlite/core';
import { CliError } from '../errors/cli-error.js';
import { fromHere } from '../options/from-here.js';
import type { Session } from '../runtime/with-runtime.js';

/** Where a Box's root file system comes from, as core takes it; neither is the embedded image. */
export type ImageSource = { image?: string; rootfs?: never } | { image?: never; rootfs: { ociLayout: string } | { archive: string } };

/** A directory is an OCI layout, a file an archive. */
export const imageSource = async (
  image: string | undefined,
  rootfs: string | undefined,
  cwd: string,
): Promise<ImageSource & Pick<BoxOptions, 'image' | 'rootfs'>> => {
  if (rootfs === undefined) return image === undefined ? {} : { image };
  const path = fromHere(cwd, rootfs);
  const found = await stat(path).catch((error: unknown) => {
    throw new CliError(`cannot read --rootfs: ${error instanceof Error ? error.message : String(error)}`);
  });
  return { rootfs: found.isDirectory() ? { ociLayout: path } : { archive: path } };
};

const getImage = (
  { runtime, embeddedImage, interrupts }: Session,
  { image = embeddedImage, rootfs }: ImageSource,
  when: 'missing' | 'always' | 'never',
): Promise<ImageInfo> => {
  const { images } = runtime;
  const { signal } = interrupts;
  if (rootfs !== undefined) return 'ociLayout' in rootfs ? images.resolveLayout(rootfs.ociLayout) : images.load(rootfs.archive, { signal });
  if (when === 'never') return images.get(image);
  return when === 'always' ? images.pull(image, { signal }) : images.resolve(image, { signal });
};

/** Gets the image before the Box starts, so that its own command is known, and a wrong name leaves no Box behind. */
export const ensureImage = (session: Session, source: ImageSource, when: 'missing' | 'always' | 'never' = 'missing'): Promise<ImageInfo> =>
  session.interrupts.until(getImage(session, source, when));
