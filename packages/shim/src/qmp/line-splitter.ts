/** Cuts a byte stream into lines, without ever holding more than one line's limit. */
export class LineSplitter {
  readonly #limit: number;
  #held: Buffer = Buffer.alloc(1024);
  #length = 0;

  /** `limit`: bytes of the longest line, its end not counted. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Yields each line that `chunk` ends, as UTF-8, without its `\n`.
   * @throws RangeError when a line is longer than the limit.
   */
  *push(chunk: Buffer): Generator<string> {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      this.#hold(chunk.subarray(start, end));
      start = end + 1;
      const line = this.#held.toString('utf8', 0, this.#length);
      this.#length = 0;
      yield line;
    }
    this.#hold(chunk.subarray(start));
  }

  /** Grows by doubling, so that a peer that sends single bytes costs no more than their number. */
  #hold(bytes: Buffer): void {
    const length = this.#length + bytes.length;
    if (length > this.#limit) throw new RangeError(`a line is longer than ${String(this.#limit)} bytes`);
    if (length > this.#held.length) {
      const grown = Buffer.allocUnsafe(Math.max(length, 2 * this.#held.length));
      this.#held.copy(grown, 0, 0, this.#length);
      this.#held = grown;
    }
    bytes.copy(this.#held, this.#length);
    this.#length = length;
  }
}
