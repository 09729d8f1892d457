/** Chunks up to this size are copied together; each on its own would cost more than it holds. */
const SMALL_BYTES = 2048;
const SLAB_BYTES = 16 * 1024;

/**
 * Bytes that wait for a reader, in order. Its memory is bounded by the bytes in it, however small the chunks are that a guest sends:
 * a million chunks of one byte take no more room than one of a million.
 */
export class ChunkQueue {
  #chunks: Buffer[] = [];
  #head = 0;
  #size = 0;
  /** The last chunk of the queue, when it was made here and may grow. */
  #slab: { bytes: Buffer; used: number } | undefined;

  /** Bytes in the queue. */
  get size(): number {
    return this.#size;
  }

  push(chunk: Buffer): void {
    this.#size += chunk.length;
    if (chunk.length > SMALL_BYTES) {
      this.#seal();
      this.#chunks.push(chunk);
      return;
    }
    if (this.#slab && this.#slab.used + chunk.length > SLAB_BYTES) this.#seal();
    this.#slab ??= { bytes: Buffer.allocUnsafeSlow(SLAB_BYTES), used: 0 };
    this.#slab.used += chunk.copy(this.#slab.bytes, this.#slab.used);
  }

  shift(): Buffer | undefined {
    if (this.#head === this.#chunks.length) this.#seal();
    const chunk = this.#chunks[this.#head];
    if (!chunk) return undefined;
    this.#chunks[this.#head++] = EMPTY;
    if (this.#head === this.#chunks.length) {
      this.#chunks = [];
      this.#head = 0;
    }
    this.#size -= chunk.length;
    return chunk;
  }

  /** Takes everything out, as one Buffer. */
  drain(): Buffer {
    this.#seal();
    const chunks = this.#chunks.slice(this.#head);
    const all = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, this.#size);
    this.clear();
    return all;
  }

  clear(): void {
    this.#chunks = [];
    this.#head = 0;
    this.#size = 0;
    this.#slab = undefined;
  }

  #seal(): void {
    if (this.#slab) this.#chunks.push(this.#slab.bytes.subarray(0, this.#slab.used));
    this.#slab = undefined;
  }
}

const EMPTY = Buffer.alloc(0);
