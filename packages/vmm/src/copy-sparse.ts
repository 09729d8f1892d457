import { BoxliteError } from '@boxlite/shared';
import { cancellable } from './cancellable.js';
import { native } from './native.js';
import { awaitNative } from './native-error.js';

export interface CopySparseOptions {
  signal?: AbortSignal | undefined;
  /** Most bytes of data that may be copied; holes and a reflink cost nothing of it. @defaultValue no limit */
  maxDataBytes?: number | undefined;
  /** Whether the copy is durable when the call returns. @defaultValue true */
  sync?: boolean | undefined;
}

export interface SparseCopy {
  /** The two files share their blocks until one of them is written to. */
  reflink: boolean;
  /** What was copied: 0 for a reflink. */
  dataBytes: number;
}

/**
 * Copies a file with its holes: by reflink where the file system has it, extent by extent otherwise.
 * The copy is made beside `to` and renamed; it replaces what is there. A failure or an abort leaves nothing behind.
 *
 * @throws BoxliteError `ResourceExhausted`: reason `too-large` before more than `maxDataBytes` would be copied, `ENOSPC` when the disk is full;
 * `Storage` with an errno's name, or `not-a-file`; `InvalidArgument`.
 * @throws AbortError when `signal` fires.
 */
export const copySparse = async (from: string, to: string, options: CopySparseOptions = {}): Promise<SparseCopy> => {
  const { signal, maxDataBytes = Infinity, sync = true } = options;
  if (!(maxDataBytes >= 0)) throw new BoxliteError('InvalidArgument', `maxDataBytes is ${maxDataBytes}; it must not be less than 0`);
  return cancellable(signal, (cancellation) => native().copySparse({ from, to, maxDataBytes, sync }, cancellation));
};

/**
 * Whether files in this directory can share their blocks (Btrfs, XFS, bcachefs). Tried there, with two files that are gone when it returns.
 *
 * @throws BoxliteError `Storage` with an errno's name when no file can be made there; `ResourceExhausted` when the disk is full.
 */
export const canReflink = async (directory: string): Promise<boolean> => awaitNative(() => native().canReflink(directory));
