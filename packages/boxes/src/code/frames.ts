/** The form of what a keeper and its host say to each other; interpreters/python/wire.py tells the kinds. */
import { ParseError } from '../errors.js';

const HEAD_BYTES = 5;
/** As the keeper has it; what comes from a Box is held to it. */
const MAX_BODY_BYTES = 64 << 20;

export interface Frame {
  readonly kind: string;
  readonly body: Buffer;
}

export const encodeFrame = (kind: string, value: object): Buffer => {
  const body = Buffer.from(JSON.stringify(value));
  const head = Buffer.alloc(HEAD_BYTES, kind);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
};

/** Takes bytes as they come, and gives the frames that are complete. */
export class FrameReader {
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** @throws ParseError for a frame that is too large. */
  push(chunk: Buffer): Frame[] {
    this.#pieces.push(chunk);
    this.#bytes += chunk.length;
    const frames: Frame[] = [];
    for (;;) {
      const head = this.#peek();
      if (head === undefined) return frames;
      const length = head.readUInt32BE(1);
      if (length > MAX_BODY_BYTES) throw new ParseError(`the interpreter's keeper sent a frame of ${String(length)} bytes`);
      const end = HEAD_BYTES + length;
      if (this.#bytes < end) return frames;
      const all = this.#pieces.length === 1 ? head : Buffer.concat(this.#pieces);
      frames.push({ kind: all.toString('latin1', 0, 1), body: all.subarray(HEAD_BYTES, end) });
      this.#pieces = end < all.length ? [all.subarray(end)] : [];
      this.#bytes = all.length - end;
    }
  }

  /** The first piece, when it has a whole head. */
  #peek(): Buffer | undefined {
    if (this.#bytes < HEAD_BYTES) return undefined;
    if ((this.#pieces[0]?.length ?? 0) < HEAD_BYTES) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0];
  }
}
