import { type CallHandlers, type CallOptions, PortalCall, type PortalChannel, throwIfAborted } from '@boxlite/shared';
import { type CopyOutRequest, type CopyOutResponse, CopyService } from '@boxlite/shared/protocol';

/** Messages that are asked for before they are taken; each has little more than 128 KiB. */
const AHEAD = 8;

/**
 * Copies a tree out of the Box: its messages of records (`native/copy/src/record.rs`), as many at once as there are. What is not taken
 * holds back the guest. They are what the guest says, and not checked.
 */
export class ReceiveCopy implements AsyncIterable<Buffer[]>, CallHandlers<CopyOutResponse> {
  readonly #call: PortalCall<CopyOutRequest, CopyOutResponse>;
  #queue: Buffer[] = [];
  #asked = false;
  #end: { error: Error | undefined } | undefined;
  #wake: (() => void) | undefined;

  constructor(channel: PortalChannel, request: CopyOutRequest, action: string, options: CallOptions) {
    throwIfAborted(options.signal);
    this.#call = new PortalCall(channel, CopyService.out, action, this, options);
    this.#call.send(request);
    this.#call.end();
    this.#ask();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer[]> {
    try {
      for (;;) {
        if (this.#queue.length > 0) {
          const messages = this.#queue;
          this.#queue = [];
          this.#ask();
          yield messages;
        } else if (this.#end) {
          if (this.#end.error) throw this.#end.error;
          return;
        } else {
          await new Promise<void>((resolve) => (this.#wake = resolve));
        }
      }
    } finally {
      this.#call.cancel(new Error('nobody wants the rest'));
    }
  }

  /** The error of a guest whose records are none. */
  violation(what: string): Error {
    return this.#call.violation(what);
  }

  /** @internal */
  onMessage({ records }: CopyOutResponse): void {
    this.#asked = false;
    this.#queue.push(records);
    this.#ask();
    this.#wake?.();
  }

  /** @internal */
  onEnd(error: Error | undefined): void {
    this.#end = { error };
    this.#wake?.();
  }

  /** One message at a time, as gRPC has it. */
  #ask(): void {
    if (this.#asked || this.#queue.length >= AHEAD) return;
    this.#asked = true;
    this.#call.read();
  }
}
