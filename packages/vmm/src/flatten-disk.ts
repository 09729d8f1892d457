import { cancellable } from './cancellable.js';
import { checkFormat, type DiskLayer } from './disk-layer.js';
import { native } from './native.js';

export interface FlattenDiskOptions {
  /** Base first. Only the base may be raw. No machine may be writing to them. */
  layers: readonly DiskLayer[];
  /** The raw disk to make, as large as the top layer; replaced when it exists. */
  output: string;
  signal?: AbortSignal | undefined;
  /** Gets how much of the disk is done, now and then and at the end. */
  onProgress?: ((progress: { doneBytes: number; totalBytes: number }) => void) | undefined;
  /** Whether the file is durable when the call returns. @defaultValue true */
  sync?: boolean | undefined;
}

/**
 * Writes what a chain of layers shows to one raw, sparse file: to export a disk, or to shorten a long chain.
 *
 * Layers may come from a hostile guest: every offset is checked, and the file takes no more space than the layers' own data.
 * It is made beside `output` and renamed; a failure or an abort leaves nothing behind. `sizeBytes` is the space that it takes.
 *
 * @throws BoxliteError `Storage`: reason `layer-damaged`, `layer-unsupported` (as `inspectLayer`, and compressed clusters), or an errno's name;
 * `ResourceExhausted` when the disk is full; `InvalidArgument`.
 * @throws AbortError when `signal` fires, and what `onProgress` throws: either ends the work.
 */
export const flattenDisk = async (options: FlattenDiskOptions): Promise<{ sizeBytes: number }> => {
  const { layers, output, signal, onProgress, sync = true } = options;
  layers.forEach(checkFormat);
  const request = { layers: layers.map(({ path, format }) => ({ path, format })), output, sync };
  let thrown: { error: unknown } | undefined;
  let settled = false;
  try {
    return await cancellable(signal, (cancellation) =>
      native().flattenDisk(request, cancellation, (progress) => {
        if (settled || thrown !== undefined) return;
        try {
          onProgress?.(progress);
        } catch (error) {
          thrown = { error };
          cancellation.cancel();
        }
      }),
    );
  } catch (error) {
    throw thrown === undefined ? error : thrown.error;
  } finally {
    settled = true;
  }
};
