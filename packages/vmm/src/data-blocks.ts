import { BoxliteError } from '@boxlite/shared';
import { cancellable } from './cancellable.js';
import { native } from './native.js';

export interface DataBlocksOptions {
  /** The size of a block in bytes. */
  blockBytes: number;
  signal?: AbortSignal | undefined;
}

export interface DataBlocks {
  /** Numbers of the blocks that hold any data, ascending. */
  blocks: Uint32Array;
  /** All bytes of the file that are no hole. */
  dataBytes: number;
}

/**
 * Tells where a sparse file holds data, without reading it.
 *
 * @throws BoxliteError `Storage` with an errno's name, or `not-a-file`; `InvalidArgument` for blocks of no size, or too many of them.
 * @throws AbortError when `signal` fires.
 */
export const dataBlocks = async (path: string, { blockBytes, signal }: DataBlocksOptions): Promise<DataBlocks> => {
  if (!Number.isSafeInteger(blockBytes) || blockBytes < 1)
    throw new BoxliteError('InvalidArgument', `blockBytes is ${blockBytes}; it must be a whole number above 0`);
  return cancellable(signal, (cancellation) => native().dataBlocks(path, blockBytes, cancellation));
};
