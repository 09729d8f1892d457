import { Readable } from 'node:stream';

import { ChunkQueue } from '../chunk-queue.js';
import { OutputAccount } from './output-account.js';

/** Kept small: what is in the stream's own buffer has been paid back to the guest already. Node's default. */
const HIGH_WATER_MARK = 16 * 1024;

/**
 * Stdout or stderr of an execution, as a Readable of Buffers.
 *
 * Chunks that nobody asked for wait in a queue, and the guest gets credit for their bytes only when they leave it; so a slow reader
 * holds back the command, never fills memory, and loses nothing. A stream that was destroyed swallows the rest.
 */
export class OutputStream extends Readable {
  readonly #account = new OutputAccount();
  readonly #queue = new ChunkQueue();
  #wanted = false;
  #sink: ((chunk: Buffer) => void) | undefined;
  #watcher: ((chunk: Buffer) => void) | undefined;
  #unread = false;
  #failure: Error | undefined;

  /** @param giveCredit - tells the guest that it may send so many further bytes. */
  constructor(private readonly giveCredit: (bytes: number) => void) {
    super({ highWaterMark: HIGH_WATER_MARK });
    // An execution that fails while nobody looks at its streams must not end the process; who reads sees the error all the same.
    this.on('error', () => undefined);
  }

  /** True when the guest has said that nothing more comes. */
  get finished(): boolean {
    return this.#account.closed;
  }

  /** True when all that the command itself wrote has come, read or not. */
  get complete(): boolean {
    return this.#account.complete;
  }

  /** Takes a chunk from the guest; false when it had no right to send it. */
  receive(chunk: Buffer): boolean {
    if (!this.#account.take(chunk.length)) return false;
    this.#watcher?.(chunk);
    if (this.#sink) {
      this.#sink(chunk);
      this.#consumed(chunk.length);
    } else if (this.destroyed || this.#unread) {
      this.#consumed(chunk.length);
    } else if (this.#wanted && this.#queue.size === 0) {
      this.#deliver(chunk);
    } else {
      this.#queue.push(chunk);
    }
    return true;
  }

  /** The guest says that what comes now is of others; false when it had no right to. */
  flush(): boolean {
    return this.#account.flush();
  }

  /** The guest says that nothing more comes; false when it has said so before. */
  finish(): boolean {
    if (!this.#account.close()) return false;
    if (this.#queue.size === 0) this.push(null);
    return true;
  }

  /** Nothing more comes, for a reason. What the command itself wrote can still be read where all of it has come. */
  fail(error: Error): void {
    if (this.finished) return;
    if (this.complete && this.#queue.size > 0) this.#failure = error;
    else this.destroy(error);
  }

  /** Shows every chunk to `watcher` too, in the moment it comes. */
  watch(watcher: (chunk: Buffer) => void): void {
    this.#watcher = watcher;
    if (this.#queue.size === 0) return;
    const held = this.#queue.drain();
    watcher(held);
    this.#queue.push(held);
  }

  /** Whether what comes is swallowed, because nobody reads the stream. */
  set unread(unread: boolean) {
    this.#unread = unread;
    if (!unread) return;
    const bytes = this.#queue.size;
    this.#queue.clear();
    this.#consumed(bytes);
  }

  /** From now on hands every chunk straight to `sink`, in the moment it comes; the stream itself yields nothing any more. */
  pour(sink: (chunk: Buffer) => void): void {
    this.#sink = sink;
    for (let chunk = this.#queue.shift(); chunk; chunk = this.#queue.shift()) {
      sink(chunk);
      this.#consumed(chunk.length);
    }
  }

  override _read(): void {
    this.#wanted = true;
    while (this.#wanted) {
      const chunk = this.#queue.shift();
      if (!chunk) break;
      this.#deliver(chunk);
    }
    if (this.#queue.size > 0) return;
    if (this.finished) this.push(null);
    else if (this.#failure) this.destroy(this.#failure);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const unread = this.#queue.size;
    this.#queue.clear();
    this.#consumed(unread);
    callback(error);
  }

  #deliver(chunk: Buffer): void {
    this.#wanted = this.push(chunk);
    this.#consumed(chunk.length);
  }

  #consumed(bytes: number): void {
    const credit = this.#account.giveBack(bytes);
    if (credit > 0) this.giveCredit(credit);
  }
}
