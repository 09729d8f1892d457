import type { Readable } from 'node:stream';

import type { FileEvent } from './file-event.js';
import type { FileStat } from './file-stat.js';

/** A path in a Box: absolute; bytes when it is not UTF-8. */
export type BoxPath = string | Buffer;

export interface FileCallOptions {
  /** Cancels the call, which then fails with an AbortError. */
  signal?: AbortSignal | undefined;
}

/**
 * Single files in a Box, as its processes see them, without a path on the host. Symbolic links never lead out of the Box.
 *
 * Failures are BoxliteErrors whose `reason` is the errno's name: `NotFound` with `ENOENT`, and so on.
 */
export interface BoxFiles {
  /**
   * Reads a whole file.
   *
   * @param options - `maxBytes`: most bytes taken, 64 MiB by default; a longer file is a `ResourceExhausted` error.
   */
  read(path: BoxPath, options?: FileCallOptions & { maxBytes?: number }): Promise<Buffer>;
  /** Reads a file of any size as a stream, with back-pressure; resolves when it is open. */
  readStream(path: BoxPath, options?: FileCallOptions): Promise<Readable>;
  /**
   * Writes a whole file; it appears under its name when it is complete, and not at all when the data breaks off.
   *
   * @param options - `mode`: permission bits; without it an existing file keeps its own, and a new one gets 0644.
   */
  write(path: BoxPath, data: Uint8Array | string | Readable, options?: FileCallOptions & { mode?: number }): Promise<void>;
  /** Adds to the end of a file, which is made with mode 0644 when it is not there; what breaks off stays. */
  append(path: BoxPath, data: Uint8Array | string | Readable, options?: FileCallOptions): Promise<void>;
  /** What is at `path`; a symbolic link is followed unless `follow` is false. */
  stat(path: BoxPath, options?: FileCallOptions & { follow?: boolean }): Promise<FileStat>;
  /** The entries of a directory, sorted by name; symbolic links as themselves. */
  list(path: BoxPath, options?: FileCallOptions): Promise<FileStat[]>;
  /** Makes a directory; with `parents` those above it too, and is content when it exists. */
  mkdir(path: BoxPath, options?: FileCallOptions & { parents?: boolean; mode?: number }): Promise<void>;
  /** Removes a file or an empty directory; with `recursive` all in it, with `force` is content when nothing is there. */
  remove(path: BoxPath, options?: FileCallOptions & { recursive?: boolean; force?: boolean }): Promise<void>;
  rename(from: BoxPath, to: BoxPath, options?: FileCallOptions): Promise<void>;
  /**
   * Watches a file or the entries of a directory, with `recursive` those of all directories below as well; links are not followed.
   * Resolves when it watches: what happens from then on is told, in order. What nobody takes is held by the guest up to a bound; beyond it
   * an `overflow` event says that some are lost. The events end when what is watched is gone, or the loop over them is left.
   *
   * Editors often replace a file; watch its directory to see that.
   * @throws BoxliteError `ResourceExhausted`: `too-many-watches` or, of one with `recursive`, `too-many-directories`.
   */
  watch(path: BoxPath, options?: FileCallOptions & { recursive?: boolean }): Promise<AsyncIterable<FileEvent>>;
}
