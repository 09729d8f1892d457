/** What the client sends piece by piece, at the pace at which it is taken here. */
import { Readable, type Writable } from 'node:stream';
import { WINDOW_BYTES } from '../protocol.js';

/** A stream on its way in. What comes beyond its window is a violation, which `data` answers with false. */
export interface Receiver {
  data(chunk: Buffer): boolean;
  end(): void;
  /** The client could not go on, or is gone. */
  fail(error: Error): void;
}

/** How a receiver reaches the client. */
export interface Inlet {
  credit(bytes: number): void;
  /** Nobody takes any more. */
  stop(): void;
}

/** An argument that core reads. */
export class ReadableReceiver implements Receiver {
  readonly stream: Readable;
  #window = WINDOW_BYTES;
  #taken = 0;

  constructor(inlet: Inlet) {
    let ended = false;
    this.stream = new Readable({
      // All that may come fits in, so that each read says how much was taken.
      highWaterMark: WINDOW_BYTES,
      read: () => {
        const bytes = WINDOW_BYTES - this.#window - this.stream.readableLength;
        if (bytes <= 0) return;
        this.#window += bytes;
        this.#taken += bytes;
        inlet.credit(bytes);
      },
      destroy: (error, callback) => {
        if (!ended) inlet.stop();
        callback(error);
      },
    });
    this.stream.once('end', () => (ended = true));
    // Who reads it sees the error; without a reader it must not end the process.
    this.stream.on('error', () => undefined);
  }

  data(chunk: Buffer): boolean {
    if (chunk.length > this.#window) return false;
    this.#window -= chunk.length;
    if (!this.stream.destroyed) this.stream.push(chunk);
    return true;
  }

  end(): void {
    if (!this.stream.destroyed) this.stream.push(null);
  }

  fail(error: Error): void {
    this.stream.destroy(error);
  }
}

/** A Writable of core's that the client writes to. */
export class WritableReceiver implements Receiver {
  #window = WINDOW_BYTES;
  #over = false;

  constructor(
    private readonly stream: Writable,
    private readonly inlet: Inlet,
  ) {
    const stop = (): void => {
      if (this.#over) return;
      this.#over = true;
      inlet.stop();
    };
    stream.on('error', stop);
    stream.on('close', stop);
    if (stream.destroyed || stream.writableEnded) stop();
  }

  data(chunk: Buffer): boolean {
    if (chunk.length > this.#window) return false;
    this.#window -= chunk.length;
    if (this.#over || this.stream.destroyed || this.stream.writableEnded) return true;
    this.stream.write(chunk, (error) => {
      if (error) return;
      this.#window += chunk.length;
      this.inlet.credit(chunk.length);
    });
    return true;
  }

  end(): void {
    this.#over = true;
    if (!this.stream.destroyed) this.stream.end();
  }

  fail(error: Error): void {
    this.#over = true;
    this.stream.destroy(error);
  }
}
