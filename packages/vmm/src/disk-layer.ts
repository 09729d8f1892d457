import { BoxliteError } from '@boxlite/shared';
import { native } from './native.js';
import { awaitNative } from './native-error.js';

const FORMATS = ['raw', 'qcow2'] as const;

export type DiskFormat = (typeof FORMATS)[number];

export interface DiskLayer {
  path: string;
  format: DiskFormat;
}

/**
 * Reads the virtual size of a disk layer, and checks what the file says of itself: nothing in it is believed.
 *
 * A raw layer is as large as its file. A qcow2 layer is version 3 and stands for itself: a header that names a backing file or another file for
 * the data, encryption, internal snapshots, or a feature that is not known here is refused.
 *
 * @throws BoxliteError `Storage`: reason `layer-damaged`, `layer-unsupported`, `not-a-file`, or an errno's name; `InvalidArgument`.
 */
export const inspectLayer = async (path: string, format: DiskFormat): Promise<{ virtualBytes: number }> => {
  checkFormat({ path, format });
  return { virtualBytes: await awaitNative(() => native().inspectLayer({ path, format })) };
};

export const checkFormat = ({ path, format }: DiskLayer): void => {
  if (FORMATS.includes(format)) return;
  throw new BoxliteError('InvalidArgument', `the disk layer ${path} has the unknown format '${format}'; known are ${FORMATS.join(', ')}`);
};
