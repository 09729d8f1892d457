import { BoxliteError } from '@boxlite/shared';
import { MAX_FRAME_BYTES } from './protocol.js';

const LENGTHS = 8;

export interface Frame {
  head: unknown;
  body: Buffer;
}

/** @throws BoxliteError `ResourceExhausted`, reason `frame-too-large`. */
export const encodeFrame = (head: unknown, body: readonly Uint8Array[] = []): Buffer => {
  const text = Buffer.from(JSON.stringify(head));
  const size = LENGTHS + text.length + body.reduce((sum, { length }) => sum + length, 0);
  if (size - 4 > MAX_FRAME_BYTES)
    throw new BoxliteError('ResourceExhausted', `${size} bytes are more than crosses the bridge in one piece; take a stream for it`, {
      reason: 'frame-too-large',
    });
  const frame = Buffer.allocUnsafe(size);
  frame.writeUInt32BE(size - 4, 0);
  frame.writeUInt32BE(text.length, 4);
  text.copy(frame, LENGTHS);
  let at = LENGTHS + text.length;
  for (const part of body) {
    frame.set(part, at);
    at += part.length;
  }
  return frame;
};

/** Puts frames together from what a socket gives, whatever pieces that comes in. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #size = 0;

  /** @throws BoxliteError `RpcTransport` for what is no frame; nothing that comes after it can be read then. */
  push(chunk: Buffer): Frame[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const frames: Frame[] = [];
    while (this.#size >= LENGTHS) {
      // Pieces are joined only when a whole frame is there, so that a long one is not copied again and again.
      if ((this.#chunks[0]?.length ?? 0) < LENGTHS) this.#join();
      const first = this.#chunks[0] as Buffer;
      const length = first.readUInt32BE(0);
      const headLength = first.readUInt32BE(4);
      if (length > MAX_FRAME_BYTES || length < 4 || headLength > length - 4)
        throw new BoxliteError('RpcTransport', `what came over the bridge is no frame: it names ${length} and ${headLength} bytes`);
      const end = 4 + length;
      if (this.#size < end) break;
      if (first.length < end) this.#join();
      const bytes = this.#chunks[0] as Buffer;
      const bodyAt = LENGTHS + headLength;
      frames.push({ head: parseHead(bytes.toString('utf8', LENGTHS, bodyAt)), body: bytes.subarray(bodyAt, end) });
      this.#size -= end;
      if (bytes.length === end) this.#chunks.shift();
      else this.#chunks[0] = bytes.subarray(end);
    }
    return frames;
  }

  #join(): void {
    this.#chunks = [Buffer.concat(this.#chunks)];
  }
}

const parseHead = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw BoxliteError.from(error, 'RpcTransport', 'what came over the bridge is no frame');
  }
};
