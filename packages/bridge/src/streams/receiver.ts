/** What the client sends piece by piece, at the pace at which it is taken here. */
import { Readable, type Writable } from 'node:stream';
import { BoxliteError } from '@boxlite/shared';
import { MAX_CHUNK_BYTES, WINDOW_BYTES } from '../protocol.js';

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
  /** Nobody takes any more, for that reason where it is one to be told. */
  stop(why?: BoxliteError): void;
}

/** An argument that core reads. What came waits here until core's stream has room: credit is given as it goes there. */
export class ReadableReceiver implements Receiver {
  readonly stream: Readable;
  readonly #inlet: Inlet;
  /** Null is the end. */
  readonly #queue: (Buffer | null)[] = [];
  #window = WINDOW_BYTES;
  #hasRoom = false;

  constructor(inlet: Inlet) {
    this.#inlet = inlet;
    let ended = false;
    this.stream = new Readable({
      highWaterMark: MAX_CHUNK_BYTES,
      read: () => {
        this.#hasRoom = true;
        this.#pass();
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

  #pass(): void {
    while (this.#hasRoom && !this.stream.destroyed) {
      const chunk = this.#queue.shift();
      if (chunk === undefined) return;
      // Before it is passed on: that may ask for more at once.
      this.#hasRoom = false;
      const hasRoom = this.stream.push(chunk);
      if (chunk === null) return;
      this.#hasRoom ||= hasRoom;
      this.#window += chunk.length;
      this.#inlet.credit(chunk.length);
    }
  }

  data(chunk: Buffer): boolean {
    if (chunk.length > this.#window) return false;
    this.#window -= chunk.length;
    // An empty piece would not be passed on as one.
    if (chunk.length > 0) this.#queue.push(chunk);
    this.#pass();
    return true;
  }

  end(): void {
    this.#queue.push(null);
    this.#pass();
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
    const stop = (error?: unknown): void => {
      if (this.#over) return;
      this.#over = true;
      // Another error, EPIPE, says no more than that nobody reads.
      inlet.stop(error instanceof BoxliteError ? error : undefined);
    };
    stream.on('error', stop);
    stream.on('close', () => {
      stop();
    });
    if (stream.destroyed || stream.writableEnded) stop(stream.errored);
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
