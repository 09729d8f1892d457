import { type CallHandlers, type CallOptions, PortalCall, type PortalChannel } from '@boxlite/shared';
import { FilesService, type WatchFilesRequest, type WatchFilesResponse } from '@boxlite/shared/protocol';

import { type FileEvent, readFileEvent } from './file-event.js';

/** The events of one watch, to be iterated once. The next message is asked for when the last one was taken. */
export class FileWatch implements AsyncIterable<FileEvent>, CallHandlers<WatchFilesResponse> {
  /** Resolves when the guest watches, rejects when it cannot. */
  readonly opened: Promise<void>;
  readonly #call: PortalCall<WatchFilesRequest, WatchFilesResponse>;
  #open!: { resolve: () => void; reject: (error: Error) => void };
  #queue: FileEvent[] = [];
  #end: { error: Error | undefined } | undefined;
  #wake: (() => void) | undefined;

  constructor(channel: PortalChannel, path: Buffer, recursive: boolean, action: string, options: CallOptions) {
    this.opened = new Promise((resolve, reject) => {
      this.#open = { resolve, reject };
    });
    this.#call = new PortalCall(channel, FilesService.watch, action, this, options);
    this.#call.send({ path, recursive });
    this.#call.end();
    this.#call.read();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<FileEvent> {
    try {
      for (;;) {
        const events = this.#queue;
        this.#queue = [];
        yield* events;
        if (this.#queue.length > 0) continue;
        if (this.#end) {
          if (this.#end.error) throw this.#end.error;
          return;
        }
        this.#call.read();
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.#call.cancel(new Error('nobody watches any more'));
    }
  }

  /** @internal */
  onMessage({ events }: WatchFilesResponse): void {
    this.#open.resolve();
    for (const event of events) {
      const read = readFileEvent(event);
      if (!read) {
        this.#call.violated('an event that cannot be');
        return;
      }
      this.#queue.push(read);
    }
    this.#wake?.();
  }

  /** @internal */
  onEnd(error: Error | undefined): void {
    this.#end = { error };
    this.#open.reject(error ?? new Error('the watch ended before it began'));
    this.#wake?.();
  }
}
