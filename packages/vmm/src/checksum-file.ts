import { cancellable } from './cancellable.js';
import { native } from './native.js';

export interface ChecksumFileOptions {
  signal?: AbortSignal | undefined;
}

/**
 * The checksum of a file's content, as 16 hexadecimal digits: xxh3-64 over its length and each block of 4096 bytes that is not all zero with
 * its offset. Holes cost nothing, and a copy has the same checksum however its holes were kept. It tells damage, not malice.
 *
 * @throws BoxliteError `Storage` with an errno's name, or `not-a-file`.
 * @throws AbortError when `signal` fires.
 */
export const checksumFile = async (path: string, { signal }: ChecksumFileOptions = {}): Promise<string> =>
  cancellable(signal, (cancellation) => native().checksumFile(path, cancellation));
