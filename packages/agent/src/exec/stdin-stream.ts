import { Writable } from 'node:stream';

const MAX_MESSAGE_BYTES = 64 * 1024;
/** Messages that may wait for the connection at once, whatever credit the guest gives. */
const MAX_IN_FLIGHT = 4;
/** More credit than this is of no use, and of no harm. */
const MAX_CREDIT = 2 ** 32;

/** What carries stdin to the guest. */
export interface StdinSender {
  /** Sends at most 64 KiB; `sent` is called when the connection has taken them. */
  data(chunk: Buffer, sent: () => void): void;
  end(): void;
}

interface PendingWrite {
  readonly bytes: Buffer;
  offset: number;
  readonly callback: (error?: Error | null) => void;
}

/**
 * Stdin of an execution, as a Writable. A write is done when all of it was sent within the credit that the guest gave; `end` lets the
 * command read an end of file. When the command has closed its stdin, writing fails with `EPIPE`, as with a pipe.
 */
export class StdinStream extends Writable {
  #credit = 0;
  #inFlight = 0;
  #pending: PendingWrite | undefined;
  #broken = false;
  #ended = false;

  /** @param sender - undefined when the command has no stdin; the stream is ended then. */
  constructor(private readonly sender: StdinSender | undefined) {
    super({ highWaterMark: MAX_MESSAGE_BYTES });
    // As for a child process's stdin: a command that does not read is no reason to end the process.
    this.on('error', () => undefined);
    if (!sender) this.end();
  }

  /** True when the guest reads no more, or the execution is over. */
  get stopped(): boolean {
    return this.#broken || this.destroyed;
  }

  /** Allows further bytes. */
  addCredit(bytes: number): void {
    this.#credit = Math.min(this.#credit + bytes, MAX_CREDIT);
    this.#advance();
  }

  /** The guest reads no more. */
  guestClosed(): void {
    this.#broken = true;
    this.#fail(brokenPipe());
  }

  /** The execution is over. */
  stop(error?: Error): void {
    this.#broken = true;
    this.destroy(error);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#begin(chunk, callback);
  }

  /** Small writes that have piled up go out as one message. */
  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error | null) => void): void {
    this.#begin(Buffer.concat(chunks.map(({ chunk }) => chunk)), callback);
  }

  override _final(callback: () => void): void {
    this.#end();
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#fail(error ?? brokenPipe());
    // As closing a pipe does.
    this.#end();
    callback(error);
  }

  #begin(bytes: Buffer, callback: (error?: Error | null) => void): void {
    if (this.#broken) {
      callback(brokenPipe());
      return;
    }
    this.#pending = { bytes, offset: 0, callback };
    this.#advance();
  }

  #advance(): void {
    const pending = this.#pending;
    if (!pending || !this.sender) return;
    const { bytes } = pending;
    while (pending.offset < bytes.length && this.#credit > 0 && this.#inFlight < MAX_IN_FLIGHT) {
      const end = Math.min(pending.offset + Math.min(this.#credit, MAX_MESSAGE_BYTES), bytes.length);
      const chunk = bytes.subarray(pending.offset, end);
      pending.offset = end;
      this.#credit -= chunk.length;
      this.#inFlight++;
      this.sender.data(chunk, this.#onSent);
    }
    if (pending.offset === bytes.length && this.#inFlight === 0) {
      this.#pending = undefined;
      pending.callback();
    }
  }

  readonly #onSent = (): void => {
    this.#inFlight--;
    this.#advance();
  };

  #fail(error: Error): void {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.callback(error);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (!this.#broken) this.sender?.end();
  }
}

const brokenPipe = (): Error => Object.assign(new Error('write EPIPE'), { code: 'EPIPE', errno: -32, syscall: 'write' });
