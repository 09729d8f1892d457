import type { Readable } from 'node:stream';
import { BoxliteError } from '@boxlite/shared';

/** Bytes that a caller gives: all at once, or as a stream, which is read to its end. */
export type Source = Uint8Array | string | Readable;

export const isStream = (source: Source): source is Readable => typeof source !== 'string' && !(source instanceof Uint8Array);

/**
 * Takes a source over, which may be read only later: an error of a stream that nobody listens to would end the whole program. Whoever reads
 * it sees the error all the same.
 *
 * @throws BoxliteError `InvalidArgument` for what is none.
 */
export const holdSource = (source: unknown, what: string): void => {
  if (typeof source === 'string' || source instanceof Uint8Array) return;
  if (!isReadable(source)) {
    // `[object AsyncGenerator]`
    const kind = Object.prototype.toString.call(source).slice(8, -1);
    throw new BoxliteError(
      'InvalidArgument',
      `${what} is of type ${kind}; give a string, a Buffer or a Readable (Readable.from makes one of an iterable, Readable.fromWeb of a web stream)`,
    );
  }
  source.on('error', () => undefined);
};

const isReadable = (value: unknown): value is Readable =>
  typeof value === 'object' &&
  value !== null &&
  ['on', 'pipe', 'read', 'destroy'].every((name) => typeof (value as Record<string, unknown>)[name] === 'function');

/** A piece of a stream as bytes. Streams of objects may well have strings or bytes in them. */
export const toBytes = (chunk: unknown): Buffer => {
  if (typeof chunk === 'string') return Buffer.from(chunk);
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new TypeError(`a chunk is of type ${typeof chunk}, not bytes or a string`);
};
