import { connect, type Socket } from 'node:net';
import { AbortError, BoxliteError, plainText, throwIfAborted } from '@boxlite/shared';
import { requireOwnPeer } from '@boxlite/vmm';
import { LineSplitter } from './line-splitter.js';
import { parseMessage, type QmpMessage } from './message.js';

export interface QmpEvent {
  name: string;
  data: Record<string, unknown>;
}

export interface QmpConnectOptions {
  /** For connection, greeting and the negotiation of capabilities together. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /** Gets each event, from the first on. It must not throw. */
  onEvent?: ((event: QmpEvent) => void) | undefined;
  /** Bytes of the longest line taken from the peer. @defaultValue 1 MiB */
  maxLineBytes?: number | undefined;
}

export interface QmpExecuteOptions {
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

interface Waiting {
  command: string;
  settle: (result: QmpMessage | Error) => void;
}

const MAX_LINE_BYTES = 1024 * 1024;

/**
 * A client of the QEMU Machine Protocol.
 *
 * The peer is the process that runs the guest, so it is not trusted: lines are bounded, unknown fields and answers are ignored,
 * what is not QMP ends the connection, and events go to the listener at once: no queue grows, and the socket is read no faster than that.
 *
 * ```text
 * connect ─▶ greeting ─▶ qmp_capabilities ─▶ ready ─▶ closed   (any violation, EOF, close(): closed, all commands fail)
 * ```
 */
export class QmpClient {
  /** Resolves when the connection is gone, whoever ended it. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #splitter: LineSplitter;
  readonly #waiting = new Map<number, Waiting>();
  readonly #onEvent: ((event: QmpEvent) => void) | undefined;
  #lastId = 0;
  #holds = 0;
  #failure: BoxliteError | undefined;
  #greeting: Waiting | undefined;

  private constructor(socket: Socket, { maxLineBytes = MAX_LINE_BYTES, onEvent }: QmpConnectOptions) {
    this.#onEvent = onEvent;
    this.#socket = socket;
    this.#splitter = new LineSplitter(maxLineBytes);
    socket.once('connect', () => {
      try {
        requireOwnPeer(socket, 'the QMP socket');
      } catch (error) {
        this.#fail(BoxliteError.from(error, 'Engine'));
      }
    });
    socket.on('data', (chunk: Buffer) => {
      this.#read(chunk);
    });
    socket.on('error', (error) => {
      this.#fail(new BoxliteError('Engine', `the QMP connection broke: ${error.message}`, { reason: 'qmp-closed', cause: error }));
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#fail(new BoxliteError('Engine', 'the engine closed the QMP connection', { reason: 'qmp-closed' }));
        resolve();
      });
    });
  }

  /**
   * Connects to the Unix socket at `path`. The connection does not keep the process alive but for the time of a command, or while it is held.
   * @throws BoxliteError Engine when the peer does not speak QMP, or not in time; AbortError when `signal` fires.
   */
  static async connect(path: string, options: QmpConnectOptions): Promise<QmpClient> {
    const { timeoutMs, signal } = options;
    throwIfAborted(signal);
    const deadline = performance.now() + timeoutMs;
    const client = new QmpClient(connect({ path }), options);
    try {
      await client.#wait('the greeting', { timeoutMs, signal }, (waiting) => {
        client.#greeting = waiting;
      });
      await client.execute('qmp_capabilities', {}, { timeoutMs: Math.max(1, deadline - performance.now()), signal });
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  /**
   * Executes a command and returns its answer, which is the peer's and unchecked.
   * @throws BoxliteError Engine when the peer refuses (reason: the error's class), breaks off or does not answer in time.
   */
  async execute(command: string, args: Record<string, unknown>, options: QmpExecuteOptions): Promise<unknown> {
    throwIfAborted(options.signal);
    const id = ++this.#lastId;
    try {
      const answer = await this.#wait(command, options, (waiting) => {
        this.#waiting.set(id, waiting);
        this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
      });
      return answer.kind === 'return' ? answer.value : undefined;
    } finally {
      this.#waiting.delete(id);
    }
  }

  /** Keeps the process alive until the result is disposed: for an answer that comes as an event. */
  hold(): Disposable {
    this.#holds += 1;
    this.#socket.ref();
    return {
      [Symbol.dispose]: () => {
        this.#holds -= 1;
        if (this.#holds === 0) this.#socket.unref();
      },
    };
  }

  /** Ends the connection; idempotent. The engine runs on. */
  close(): void {
    this.#fail(new BoxliteError('Engine', 'the QMP connection was closed', { reason: 'qmp-closed' }));
  }

  async #wait(command: string, { timeoutMs, signal }: QmpExecuteOptions, begin: (waiting: Waiting) => void): Promise<QmpMessage> {
    if (this.#failure !== undefined) throw this.#failure;
    let settle: Waiting['settle'] = () => undefined;
    const settled = new Promise<QmpMessage>((resolve, reject) => {
      settle = (result) => {
        if (result instanceof Error) reject(result);
        else resolve(result);
      };
    });
    const onAbort = (): void => {
      settle(new AbortError(signal?.reason));
    };
    const timer = setTimeout(() => {
      settle(new BoxliteError('Engine', `the engine did not answer ${command} within ${String(timeoutMs)} ms`, { reason: 'qmp-timeout' }));
    }, timeoutMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    using _held = this.hold();
    try {
      begin({ command, settle });
      return await settled;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #read(chunk: Buffer): void {
    if (this.#failure !== undefined) return;
    try {
      for (const line of this.#splitter.push(chunk)) this.#dispatch(parseMessage(line));
    } catch (error) {
      // It quotes the peer's own bytes.
      const detail = error instanceof Error ? plainText(error.message, 200) : '';
      this.#fail(new BoxliteError('Engine', `the engine sent what is not QMP: ${detail}`, { reason: 'qmp-protocol', cause: error }));
    }
  }

  #dispatch(message: QmpMessage): void {
    switch (message.kind) {
      case 'greeting':
        this.#greeting?.settle(message);
        this.#greeting = undefined;
        return;
      case 'event':
        this.#onEvent?.(message);
        return;
      case 'return':
        this.#waiting.get(message.id)?.settle(message);
        return;
      case 'error': {
        const waiting = message.id === undefined ? undefined : this.#waiting.get(message.id);
        waiting?.settle(
          new BoxliteError('Engine', `the engine refused ${waiting.command}: ${message.description}`, { reason: message.class }),
        );
      }
    }
  }

  /** The first failure is the one that all commands, waiting and later ones, are told. */
  #fail(failure: BoxliteError): void {
    this.#failure ??= failure;
    this.#socket.destroy();
    this.#greeting?.settle(this.#failure);
    this.#greeting = undefined;
    for (const { settle } of this.#waiting.values()) settle(this.#failure);
  }
}
