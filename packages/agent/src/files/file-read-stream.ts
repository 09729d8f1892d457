import { Readable } from 'node:stream';

import { AbortError, type CallHandlers, type CallOptions, PortalCall, type PortalChannel } from '@boxlite/shared';
import { type FileChunk, FilesService, type ReadFileRequest } from '@boxlite/shared/protocol';

/** A file of a Box as a stream of Buffers. Each read asks the guest for one message; what is not read holds back the guest. */
export class FileReadStream extends Readable implements CallHandlers<FileChunk> {
  readonly #call: PortalCall<ReadFileRequest, FileChunk>;
  #opened: (() => void) | undefined;
  #notOpened: ((error: Error) => void) | undefined;
  /** Resolves with the first byte or the end of the file, rejects when it cannot be opened. */
  readonly opened: Promise<void>;

  constructor(channel: PortalChannel, path: Buffer, action: string, options: CallOptions) {
    super();
    // Who reads sees the error; a stream that nobody reads yet must not end the process.
    this.on('error', () => undefined);
    this.opened = new Promise((resolve, reject) => {
      this.#opened = resolve;
      this.#notOpened = reject;
    });
    this.opened.catch(() => undefined);
    this.#call = new PortalCall(channel, FilesService.read, action, this, options);
    this.#call.send({ path });
    this.#call.end();
    this.read(0);
  }

  /** @internal */
  onMessage({ data }: FileChunk): void {
    this.#opened?.();
    if (data.length === 0) this.#call.read();
    else this.push(data);
  }

  /** @internal */
  onEnd(error: Error | undefined): void {
    if (error) {
      this.#notOpened?.(error);
      this.destroy(error);
    } else {
      this.#opened?.();
      this.push(null);
    }
  }

  override _read(): void {
    this.#call.read();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#call.cancel(error ?? new AbortError('the stream was destroyed'));
    callback(error);
  }
}
