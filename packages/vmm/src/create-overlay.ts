import { BoxliteError } from '@boxlite/shared';
import { native } from './native.js';
import { awaitNative } from './native-error.js';

const SECTOR_BYTES = 512;
/** 16 TiB. */
const MAX_SIZE_BYTES = 16 * 1024 ** 4;

export interface CreateOverlayOptions {
  /** Virtual size: a multiple of 512, up to 16 TiB. At least that of the layer below, or the end of that is cut off. */
  sizeBytes: number;
  /** Whether the file is durable when the call returns. @defaultValue true */
  sync?: boolean | undefined;
}

/**
 * Makes an empty copy-on-write layer: a qcow2 file of a few kilobytes, whatever its virtual size. Its header names no backing file:
 * the engine is told what lies below, the file is not asked.
 *
 * @throws BoxliteError `InvalidArgument` for a size out of range; `AlreadyExists` when there is a file of that name, which is left alone;
 * `ResourceExhausted` when the disk is full; `Storage` with an errno's name.
 */
export const createOverlay = async (path: string, { sizeBytes, sync = true }: CreateOverlayOptions): Promise<void> => {
  if (!Number.isInteger(sizeBytes) || sizeBytes < SECTOR_BYTES || sizeBytes > MAX_SIZE_BYTES || sizeBytes % SECTOR_BYTES !== 0) {
    throw new BoxliteError(
      'InvalidArgument',
      `a disk layer of ${sizeBytes} bytes cannot be made; give a multiple of ${SECTOR_BYTES}, up to ${MAX_SIZE_BYTES} (16 TiB)`,
    );
  }
  await awaitNative(() => native().createOverlay(path, sizeBytes, sync));
};
