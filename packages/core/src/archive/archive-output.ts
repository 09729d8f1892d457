import type { FileHandle } from 'node:fs/promises';
import { newHash } from '../images/format/digest.js';
import { CHUNK_HEADER_BYTES, FORMAT_VERSION, MAGIC, PREAMBLE_BYTES } from './format.js';

/** Writes an archive's bytes, one call after another. What is in them is the caller's matter. */
export class ArchiveOutput {
  readonly #hash = newHash();

  constructor(private readonly file: FileHandle) {}

  async manifest(json: Buffer): Promise<void> {
    const preamble = Buffer.alloc(PREAMBLE_BYTES);
    MAGIC.copy(preamble);
    preamble.writeUInt32LE(FORMAT_VERSION, 8);
    preamble.writeUInt32LE(json.length, 12);
    await this.#write(preamble, json);
  }

  async chunk(index: number, packed: Buffer): Promise<void> {
    const header = Buffer.alloc(CHUNK_HEADER_BYTES);
    header.writeUInt32LE(index, 0);
    header.writeUInt32LE(packed.length, 4);
    await this.#write(header, packed);
  }

  /** Ends a section. */
  async digest(): Promise<void> {
    await this.#write(this.#hash.copy().digest());
  }

  async #write(...pieces: Buffer[]): Promise<void> {
    for (const piece of pieces) this.#hash.update(piece);
    let rest = pieces;
    while (rest.length > 0) {
      const { bytesWritten } = await this.file.writev(rest);
      rest = without(rest, bytesWritten);
    }
  }
}

/** What is left of the pieces after their first bytes. */
const without = (pieces: readonly Buffer[], bytes: number): Buffer[] => {
  let skip = bytes;
  return pieces.flatMap((piece) => {
    const rest = piece.subarray(Math.min(skip, piece.length));
    skip -= piece.length - rest.length;
    return rest.length === 0 ? [] : [rest];
  });
};
