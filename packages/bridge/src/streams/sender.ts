/** What is sent to the client piece by piece, at the pace at which it takes it. */
import type { Readable } from 'node:stream';
import { MAX_CHUNK_BYTES, WINDOW_BYTES, WINDOW_ITEMS } from '../protocol.js';

/** A stream on its way out. */
export interface Sender {
  /** The client takes so many more bytes or items. */
  credit(count: number): void;
  /** The client takes no more. */
  stop(): void;
}

/** How a sender reaches the client; nothing comes after `end` or `fail`. */
export interface Outlet<Piece> {
  piece(piece: Piece): void;
  end(): void;
  fail(error: unknown): void;
}

export class ByteSender implements Sender {
  #credit = WINDOW_BYTES;
  #over = false;

  constructor(
    private readonly stream: Readable,
    private readonly outlet: Outlet<Buffer>,
  ) {
    if (stream.errored) this.#finish(() => outlet.fail(stream.errored));
    else if (stream.readableEnded || stream.destroyed) this.#finish(() => outlet.end());
    else {
      stream.on('readable', this.#pump);
      stream.on('end', this.#onEnd);
      stream.on('error', this.#onError);
      stream.on('close', this.#onEnd);
      this.#pump();
    }
  }

  credit(count: number): void {
    this.#credit += count;
    this.#pump();
  }

  stop(): void {
    if (this.#over) return;
    this.#finish(() => undefined);
    this.stream.destroy();
  }

  readonly #pump = (): void => {
    while (this.#credit > 0 && !this.#over) {
      const size = Math.min(this.#credit, MAX_CHUNK_BYTES, this.stream.readableLength);
      const chunk = (size === 0 ? this.stream.read() : this.stream.read(size)) as Buffer | null;
      if (chunk === null) return;
      this.#credit -= chunk.length;
      this.outlet.piece(chunk);
    }
  };

  readonly #onEnd = (): void => this.#finish(() => this.outlet.end());
  readonly #onError = (error: Error): void => this.#finish(() => this.outlet.fail(error));

  #finish(tell: () => void): void {
    if (this.#over) return;
    this.#over = true;
    this.stream.off('readable', this.#pump).off('end', this.#onEnd).off('close', this.#onEnd);
    tell();
  }
}

export class ItemSender implements Sender {
  #credit = WINDOW_ITEMS;
  #over = false;
  #wake: (() => void) | undefined;
  readonly #iterator: AsyncIterator<unknown>;

  /** @param abandon Ends the call that the items are of, so that a wait for the next one ends. */
  constructor(
    iterable: AsyncIterable<unknown>,
    private readonly outlet: Outlet<unknown>,
    private readonly abandon: () => void,
  ) {
    this.#iterator = iterable[Symbol.asyncIterator]();
    void this.#run();
  }

  credit(count: number): void {
    this.#credit += count;
    this.#wake?.();
  }

  stop(): void {
    if (this.#over) return;
    this.#over = true;
    this.#wake?.();
    this.abandon();
    // Whatever that ends with is of interest to nobody.
    this.#iterator.return?.().catch(() => undefined);
  }

  async #run(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = (await this.#iterator.next()) as IteratorResult<unknown, unknown>;
        if (this.#over) return;
        if (done === true) break;
        this.outlet.piece(value);
        this.#credit -= 1;
        while (this.#credit <= 0 && !this.#over) await new Promise<void>((resolve) => (this.#wake = resolve));
        if (this.#over) return;
      }
      this.#over = true;
      this.outlet.end();
    } catch (error) {
      if (this.#over) return;
      this.#over = true;
      this.outlet.fail(error);
    }
  }
}
