/**
 * The one connection between host and guest agent: a gRPC channel over a Unix socket, opened by the portal handshake.
 *
 * It connects once. When the connection is lost, or the guest ends the HTTP/2 session, the channel is closed for good, says so once
 * through `closed`, and every call on it fails with that reason. Any number of calls may run on it at the same time.
 *
 *     open() ──ready──▶ open ──close(reason)──▶ closed
 *                        └──loss──▶ lost ──close(reason), or nobody knows one──▶ closed
 *
 * While it is lost, its owner has a moment to say why (`onLost`): a VM that dies closes its connections before its end is known. Calls wait
 * for that, those as well that are made meanwhile.
 */
import type { Socket } from 'node:net';

import type { Channel, ChannelOptions, connectivityState as State, experimental, Metadata } from '@grpc/grpc-js';

import { BoxliteError } from '../errors/boxlite-error.js';
import { AbortError, throwIfAborted } from './abort-error.js';
import type { HandshakeOptions } from './handshake.js';
import { knock } from './knock.js';
import { type GrpcParts, loadGrpc } from './load-grpc.js';
import { lostCall } from './lost-call.js';
import { plainText } from './plain-text.js';
import { type PortalCredentials, portalCredentials } from './portal-credentials.js';
import { refusePush } from './refuse-push.js';

/** HTTP/2 window of the connection and of each stream: what may be on its way unread. An exec's two outputs have 1 MiB of credit each. */
const WINDOW_BYTES = 2 * 1024 * 1024;

/** The longest message taken from the guest. Data messages hold 64 KiB; the rest leaves room for lists. */
const MAX_RECEIVE_BYTES = 1024 * 1024;

/** The longest path that fits into a socket address, its closing zero left out; unix(7). */
const MAX_SOCKET_PATH_BYTES = process.platform === 'darwin' ? 103 : 107;

/** The longest message sent; the agent takes no more than 4 MiB. */
const MAX_SEND_BYTES = 4 * 1024 * 1024 - 1024;

const CHANNEL_OPTIONS: ChannelOptions = {
  'grpc.default_authority': 'boxlite',
  'grpc.enable_channelz': 0,
  'grpc.enable_http_proxy': 0,
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.use_local_subchannel_pool': 1,
  // A session may be idle for as long as its Box lives; the timer cannot be switched off, so it is set to its maximum (25 days).
  'grpc.client_idle_timeout_ms': 2 ** 31 - 1,
  'grpc.max_receive_message_length': MAX_RECEIVE_BYTES,
  'grpc.max_send_message_length': MAX_SEND_BYTES,
  'grpc-node.flow_control_window': WINDOW_BYTES,
  // In megabytes; what the guest can make the HTTP/2 session hold.
  'grpc-node.max_session_memory': 64,
};

export interface PortalOptions extends Partial<HandshakeOptions> {
  /** Gives up; without it `open` waits for as long as the guest takes. */
  signal?: AbortSignal | undefined;
  /** The VM was restored from saved memory, maybe in the middle of another session. @defaultValue false */
  restored?: boolean;
}

export class PortalChannel {
  /** Resolves when the connection has ended, and it is known why, with the reason; never rejects. */
  readonly closed: Promise<BoxliteError>;
  /**
   * Called when the connection is lost, if the channel is still open then. Until it resolves, `close` may say what calls are to fail with;
   * else that is what it is called with.
   */
  onLost: ((lost: BoxliteError) => Promise<void>) | undefined;
  /** What calls that say nothing of themselves begin with. */
  readonly noMetadata: Metadata;
  #socket: Socket | undefined;
  #reason: BoxliteError | undefined;
  #isLost = false;
  #sayClosed!: (reason: BoxliteError) => void;
  readonly #credentials: PortalCredentials;
  readonly #channel: Channel;

  private constructor(
    private readonly grpc: GrpcParts,
    private readonly socketPath: string,
    options: PortalOptions,
  ) {
    this.closed = new Promise((resolve) => {
      this.#sayClosed = resolve;
    });
    const handshake: HandshakeOptions = { ...options, firstBoot: options.firstBoot === true && options.restored !== true };
    this.noMetadata = new grpc.Metadata();
    this.#credentials = portalCredentials(grpc, handshake, (socket) => {
      this.#socket = socket;
      if (this.#reason) socket.destroy();
      // Before gRPC hears of it, so that calls fail with this reason. A connection with something unread on the other side ends by an error.
      for (const event of ['error', 'close']) {
        socket.once(event, () => {
          this.#lost();
        });
      }
    });
    this.#channel = new grpc.Channel(`unix:${socketPath}`, this.#credentials, CHANNEL_OPTIONS);
  }

  /**
   * Connects to the agent behind `socketPath` and shakes hands; resolves when calls can be made.
   *
   * @throws BoxliteError `Portal` when nothing listens there, or what listens is not an agent; `Config` when the path is too long.
   * @throws AbortError when `signal` fires first.
   */
  static async open(socketPath: string, options: PortalOptions = {}): Promise<PortalChannel> {
    const { signal, restored = false, firstBoot = false } = options;
    throwIfAborted(signal);
    const pathBytes = Buffer.byteLength(socketPath);
    if (pathBytes > MAX_SOCKET_PATH_BYTES) {
      throw new BoxliteError(
        'Config',
        `The socket path '${socketPath}' has ${pathBytes} bytes, and a Unix socket takes ${MAX_SOCKET_PATH_BYTES}. Choose a shorter home.`,
        { reason: 'path-too-long' },
      );
    }
    if (restored || !firstBoot) {
      await knock(socketPath);
      throwIfAborted(signal);
    }
    const grpc = await loadGrpc();
    throwIfAborted(signal);
    const portal = new PortalChannel(grpc, socketPath, options);
    const onAbort = (): void => {
      portal.close(new BoxliteError('Portal', 'Connecting to the guest agent was given up.', { reason: 'aborted' }));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await portal.#ready();
      return portal;
    } catch (error) {
      portal.close();
      throw signal?.aborted ? new AbortError(signal.reason) : error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** The connection is gone, and it is not known yet why; `closed` will say. */
  get isLost(): boolean {
    return this.#isLost && this.#reason === undefined;
  }

  /** Why the channel is closed; undefined while it is open or lost. */
  get closeReason(): BoxliteError | undefined {
    return this.#reason;
  }

  /** Ends the connection at once; calls that run fail with `reason`. Only the first reason counts. */
  close(reason = new BoxliteError('Stopped', 'The connection to the guest agent was closed.')): void {
    if (this.#reason) return;
    this.#reason = reason;
    this.#hangUp();
    this.#sayClosed(reason);
  }

  /** The bare gRPC call; `PortalCall` is what to build on. @throws BoxliteError the reason, when the channel is closed. */
  createCall(path: string): experimental.CallStream {
    if (this.#reason) throw this.#reason;
    if (this.#isLost) return lostCall(this.closed);
    // Without a deadline: gRPC tells the time by the clock of the day, which jumps.
    return this.#channel.createCall(path, Infinity, null, null, null);
  }

  async #ready(): Promise<void> {
    const { connectivityState: State } = this.grpc;
    for (;;) {
      const state = this.#channel.getConnectivityState(true);
      if (state === State.READY) break;
      if (state === State.TRANSIENT_FAILURE) throw this.#credentials.failure ?? (await this.#connectError());
      await this.#stateAfter(state);
      if (this.#reason) throw this.#credentials.failure ?? this.#reason;
    }
    const guarded = refusePush(this.#channel, () => {
      this.close(new BoxliteError('Portal', 'The guest agent broke the protocol (it pushed a stream).', { reason: 'protocol-violation' }));
    });
    if (!guarded) throw new BoxliteError('Internal', 'This version of @grpc/grpc-js hides its HTTP/2 session; install the pinned one.');
    // The guest can end the HTTP/2 session without closing the connection.
    void this.#stateAfter(State.READY).then(() => {
      this.#lost();
    });
  }

  #lost(): void {
    if (this.#reason || this.#isLost) return;
    const lost = new BoxliteError(
      'Portal',
      'The connection to the guest agent was lost: the VM has ended, or its agent gave up the session.',
      {
        reason: 'connection-lost',
      },
    );
    if (!this.onLost) {
      this.close(lost);
      return;
    }
    this.#isLost = true;
    // It must not connect again.
    this.#hangUp();
    const settle = (): void => {
      this.close(lost);
    };
    void this.onLost(lost).then(settle, settle);
  }

  #hangUp(): void {
    this.#channel.close();
    // Not within a callback of the HTTP/2 session that reads from it: Node 20 aborts when that loses its streams while it has more to read.
    setImmediate(() => this.#socket?.destroy());
  }

  #stateAfter(state: State): Promise<void> {
    return new Promise((resolve) => {
      this.#channel.watchConnectivityState(state, Infinity, () => {
        resolve();
      });
    });
  }

  /** gRPC tells why it could not connect only through a call that fails for it. */
  #connectError(): Promise<BoxliteError> {
    return new Promise((resolve) => {
      const call = this.#channel.createCall('/boxlite.v1.Guest/Ping', Infinity, null, null, null);
      call.start(this.noMetadata, {
        onReceiveMetadata: () => undefined,
        onReceiveMessage: () => undefined,
        onReceiveStatus: ({ details }) => {
          const reason = /\b(E[A-Z0-9]{2,})\b/.exec(details)?.[1];
          const cause = reason === 'ENOENT' || reason === 'ECONNREFUSED' ? 'no VM listens there' : plainText(details);
          resolve(
            new BoxliteError('Portal', `Could not connect to the guest agent at '${this.socketPath}': ${cause}.`, {
              reason: reason ?? 'connect-failed',
            }),
          );
        },
      });
    });
  }
}
