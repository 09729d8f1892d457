import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';

/** The longest path of a socket that Linux takes: sun_path without its end. */
const LONGEST = 107;
/** The process's id is in the name, so that one which ends never removes the socket of the next. */
export const SOCKET_NAME = /^commands-\d+\.sock$/;

/** The socket of the process that has a home, by a path that is short enough until it is disposed. */
export class SocketPath implements Disposable {
  readonly path: string;
  readonly #directory: number | undefined;

  constructor(home: string, owner: number) {
    const name = `commands-${String(owner)}.sock`;
    const plain = join(home, name);
    if (Buffer.byteLength(plain) <= LONGEST) {
      this.path = plain;
      return;
    }
    this.#directory = openSync(home, constants.O_RDONLY | constants.O_DIRECTORY);
    this.path = `/proc/self/fd/${String(this.#directory)}/${name}`;
  }

  [Symbol.dispose](): void {
    if (this.#directory !== undefined) closeSync(this.#directory);
  }
}
