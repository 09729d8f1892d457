import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { BoxliteError } from '@boxlite/core';

/** Bytes that are kept of what a command prints while somebody waits for it and nobody reads. */
const READ_AHEAD_MAX = 64 << 20;

/** One output of a command. */
export class Output {
  readonly #chunks: AsyncIterator<Buffer, undefined>;
  readonly #decoder = new StringDecoder('utf8');
  readonly #ahead: Buffer[] = [];
  /** What is known of lines, the next one last. */
  #lines: string[] = [];
  #size = 0;
  #over = false;
  /** The one read that is under way, for whoever needs what comes. */
  #reading: Promise<void> | undefined;

  constructor(stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  }

  #read(): Promise<void> {
    this.#reading ??= (async () => {
      try {
        const { value, done } = await this.#chunks.next();
        if (done === true) {
          this.#over = true;
        } else {
          this.#ahead.push(value);
          this.#size += value.length;
        }
      } finally {
        this.#reading = undefined;
      }
    })();
    return this.#reading;
  }

  /**
   * Keeps what comes for the reader, so that the command need not wait for one.
   * @throws BoxliteError `ResourceExhausted` when there is too much of it.
   */
  async readAhead(signal: AbortSignal): Promise<void> {
    while (!this.#over && !signal.aborted) {
      if (this.#size > READ_AHEAD_MAX) {
        const most = String(READ_AHEAD_MAX >> 20);
        const message = `the command has printed more than ${most} MiB that nobody reads; read its output before waiting for it`;
        throw new BoxliteError('ResourceExhausted', message);
      }
      await this.#read();
    }
  }

  /** The next line with its end, or what there is of one; null at the end. */
  async next(): Promise<string | null> {
    while (this.#lines.length === 0) {
      const chunk = this.#ahead.shift();
      if (chunk !== undefined) {
        this.#size -= chunk.length;
        this.#split(this.#decoder.write(chunk));
      } else if (this.#over) {
        this.#split(this.#decoder.end());
        return this.#lines.pop() ?? null;
      } else {
        await this.#read();
      }
    }
    return this.#lines.pop() ?? null;
  }

  #split(text: string): void {
    this.#lines = (text.match(/[^\n]*\n|[^\n]+/g) ?? []).reverse();
  }
}
