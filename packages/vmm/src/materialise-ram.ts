import { type MemoryChanges, nativeChanges } from './memory-changes.js';
import { cancellable } from './cancellable.js';

export interface MaterialiseRamOptions {
  /** The file that the VMM mapped privately when the changes were captured. */
  base: string;
  changes: MemoryChanges;
  /** The RAM file to make; replaced when it exists. */
  output: string;
  signal?: AbortSignal | undefined;
  /** Whether the file is durable when the call returns. @defaultValue true */
  sync?: boolean | undefined;
}

/**
 * Makes a whole RAM file: `base` with the changes over it, with holes where the RAM is zero. It shares the blocks of `base` where the file
 * system can (reflink). It is made beside `output` and renamed; a failure or an abort leaves nothing behind.
 *
 * `sizeBytes` is the space that the file takes.
 *
 * @throws BoxliteError `Engine` with reason `ram-size` when `base` has another size; `ResourceExhausted` when the disk is full; `Storage` with an
 * errno's name or `memory-damaged`; `InvalidState` when the changes were released.
 * @throws AbortError when `signal` fires.
 */
export const materialiseRam = async (options: MaterialiseRamOptions): Promise<{ sizeBytes: number }> => {
  const { base, changes, output, signal, sync = true } = options;
  return cancellable(signal, (cancellation) => nativeChanges(changes).materialise(base, output, sync, cancellation));
};
