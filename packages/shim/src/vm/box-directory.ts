import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { BoxliteError } from '@boxlite/shared';

/** Bytes; a socket's address holds 108 (unix(7)), its end included. */
const LONGEST_PLAIN_PATH = 100;

/** The directory that holds a VM's sockets, reachable however long its path is. */
export class BoxDirectory {
  readonly path: string;
  #fd: number | undefined;

  constructor(path: string) {
    this.path = path;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /**
   * A path to connect to. Where the directory's own is too long for a socket's address, it goes by an open descriptor
   * and holds until {@link close}.
   * @throws BoxliteError Storage when the directory is gone.
   */
  socket(name: string): string {
    const plain = this.file(name);
    if (Buffer.byteLength(plain) <= LONGEST_PLAIN_PATH) return plain;
    try {
      this.#fd ??= openSync(this.path, constants.O_RDONLY | constants.O_DIRECTORY);
    } catch (error) {
      throw BoxliteError.from(error, 'Storage', `the directory ${this.path} cannot be opened`);
    }
    return `/proc/self/fd/${String(this.#fd)}/${name}`;
  }

  /** Idempotent. */
  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
