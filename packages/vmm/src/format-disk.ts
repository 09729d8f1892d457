import { BoxliteError } from '@boxlite/shared';
import { native } from './native.js';
import { fromNative } from './native-error.js';

/** 64 MiB. */
const MIN_SIZE_MIB = 64;
/** 16 TiB. */
const MAX_SIZE_MIB = 16 * 1024 * 1024;

export interface FormatDiskOptions {
  /** From 64 to 16777216 (16 TiB). Space is taken only as it is written. */
  sizeMib: number;
}

/**
 * Makes a disk image: a sparse raw file with an empty ext4, journal included. It appears under its name when it is whole and durable.
 *
 * @throws BoxliteError `InvalidArgument` for a size out of range; `AlreadyExists` when there is a file of that name, which is left alone;
 * `Storage` with an errno's name as reason otherwise.
 */
export const formatDisk = async (path: string, { sizeMib }: FormatDiskOptions): Promise<void> => {
  if (!Number.isInteger(sizeMib) || sizeMib < MIN_SIZE_MIB || sizeMib > MAX_SIZE_MIB) {
    throw new BoxliteError(
      'InvalidArgument',
      `a disk of ${sizeMib} MiB cannot be made; give a whole number from ${MIN_SIZE_MIB} to ${MAX_SIZE_MIB}`,
    );
  }
  try {
    await native().formatDisk(path, sizeMib);
  } catch (error) {
    throw fromNative(error);
  }
};
