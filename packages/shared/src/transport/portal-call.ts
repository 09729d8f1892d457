import type { experimental } from '@grpc/grpc-js';

import { BoxliteError } from '../errors/boxlite-error.js';
import { AbortError } from './abort-error.js';
import { GRPC_STATUS } from './grpc-status.js';
import type { Method } from './method.js';
import type { PortalChannel } from './portal-channel.js';
import { errorFromStatus } from './rpc-error.js';

export interface CallOptions {
  /** Cancels the call, which then fails with an AbortError. */
  signal?: AbortSignal | undefined;
  /** Fails the call with `RpcTransport` (`deadline-exceeded`) when it takes longer; none by default. */
  timeoutMs?: number | undefined;
}

export interface CallHandlers<Response> {
  /** One message came; the next comes only after `read` was called again. */
  onMessage(message: Response): void;
  /** Called once, last: without an error when the guest ended the call well. */
  onEnd(error: Error | undefined): void;
}

/** The longest that a timer can take; what is longer is never. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * One gRPC call of any kind, message by message, with back-pressure both ways. Owns the call's timer and AbortSignal listener.
 *
 * It stands on gRPC's own call object, not on the stream classes around it, because an exec is one call: no second
 * stream with its own buffer and events between the wire and an exec's stdout.
 */
export class PortalCall<Request, Response> {
  #call: experimental.CallStream;
  #ended = false;
  #endWanted = false;
  #inFlight = 0;
  /** gRPC holds one message only until the call has its HTTP/2 stream; more wait here for the first one to be written. */
  #opened = false;
  #waiting: { message: Buffer; sent: (() => void) | undefined }[] = [];
  readonly #onAbort: (() => void) | undefined;
  readonly #timer: NodeJS.Timeout | undefined;

  /**
   * @param action - what is tried, as it reads behind 'Could not' in an error.
   */
  constructor(
    channel: PortalChannel,
    private readonly method: Method<Request, Response>,
    private readonly action: string,
    private readonly handlers: CallHandlers<Response>,
    private readonly options: CallOptions = {},
  ) {
    const { signal, timeoutMs } = options;
    this.#call = channel.createCall(method.path);
    if (timeoutMs !== undefined && timeoutMs <= MAX_TIMER_MS) {
      this.#timer = setTimeout(() => {
        const status = { code: GRPC_STATUS.DEADLINE_EXCEEDED, details: `no answer within ${timeoutMs} ms`, metadata: channel.noMetadata };
        this.cancel(errorFromStatus(status, action));
      }, timeoutMs);
    }
    if (signal) {
      this.#onAbort = () => {
        this.cancel(new AbortError(signal.reason));
      };
      signal.addEventListener('abort', this.#onAbort, { once: true });
    }
    this.#call.start(channel.noMetadata, {
      onReceiveMetadata: () => undefined,
      onReceiveMessage: (message: Buffer) => {
        this.#receive(message);
      },
      onReceiveStatus: (status) => {
        if (status.code === GRPC_STATUS.OK) this.#end(undefined);
        else if (channel.isLost)
          void channel.closed.then((reason) => {
            this.#end(reason);
          });
        else this.#end(channel.closeReason ?? errorFromStatus(status, action));
      },
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Asks for the next message. */
  read(): void {
    if (!this.#ended) this.#call.startRead();
  }

  /** Sends a message; `sent` is called when it was handed to the connection, and never when the call ends before. */
  send(request: Request, sent?: () => void): void {
    if (this.#ended) return;
    const message = this.method.requestSerialize(request);
    if (this.#opened || this.#inFlight === 0) this.#write(message, sent);
    else this.#waiting.push({ message, sent });
  }

  /** Says that no more messages will be sent. */
  end(): void {
    this.#endWanted = true;
    if (this.#inFlight === 0 && !this.#ended) this.#call.halfClose();
  }

  /** Ends the call from this side with `error`; the guest sees it cancelled, or ended: an upload needs an end of its own. */
  cancel(error: Error): void {
    if (this.#ended) return;
    this.#end(error);
    this.#call.cancelWithStatus(GRPC_STATUS.CANCELLED, 'Cancelled by the host');
  }

  /** Ends the call because the guest broke the protocol; `what` says how. */
  violated(what: string): void {
    this.cancel(this.violation(what));
  }

  /** The error of a guest that broke the protocol in this call. */
  violation(what: string): BoxliteError {
    return new BoxliteError(
      'Portal',
      `Could not ${this.action}: the guest agent broke the protocol (${what}). Stop the Box and do not trust what it said.`,
      { reason: 'protocol-violation' },
    );
  }

  #receive(bytes: Buffer): void {
    if (this.#ended) return;
    let message: Response;
    try {
      message = this.method.responseDeserialize(bytes);
    } catch {
      this.violated('unreadable message');
      return;
    }
    this.handlers.onMessage(message);
  }

  #write(message: Buffer, sent: (() => void) | undefined): void {
    this.#inFlight++;
    const callback = (): void => {
      this.#inFlight--;
      this.#opened = true;
      if (this.#ended) return;
      if (this.#waiting.length > 0) {
        const waiting = this.#waiting;
        this.#waiting = [];
        for (const next of waiting) this.#write(next.message, next.sent);
      }
      if (this.#endWanted && this.#inFlight === 0) this.#call.halfClose();
      sent?.();
    };
    this.#call.sendMessageWithContext({ callback }, message);
  }

  #end(error: Error | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting = [];
    clearTimeout(this.#timer);
    if (this.#onAbort) this.options.signal?.removeEventListener('abort', this.#onAbort);
    this.handlers.onEnd(error);
  }
}
