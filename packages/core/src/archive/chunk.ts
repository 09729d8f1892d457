import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/** Smallest buffer that zlib takes. */
const MIN_BUFFER = 64;

/**
 * Packs a chunk with Brotli at its fastest, or leaves it as it is where that is not shorter.
 *
 * One buffer for the whole result spares a trip to the thread pool for each 16 KiB, and nearly half of the time.
 */
export const pack = async (chunk: Buffer): Promise<Buffer> => {
  const packed = await compress(chunk, {
    chunkSize: Math.max(chunk.length, MIN_BUFFER),
    params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MIN_QUALITY, [constants.BROTLI_PARAM_LGWIN]: 20 },
  });
  return packed.length < chunk.length ? packed : chunk;
};

/**
 * Unpacks a chunk that has to have `length` bytes then; never makes more of them.
 * @throws Error of zlib, or one that tells the wrong length
 */
export const unpack = async (packed: Buffer, length: number): Promise<Buffer> => {
  if (packed.length === length) return packed;
  const chunk = await decompress(packed, { chunkSize: Math.max(length, MIN_BUFFER), maxOutputLength: length });
  if (chunk.length !== length) throw new Error(`it unpacks to ${chunk.length} bytes instead of ${length}`);
  return chunk;
};
