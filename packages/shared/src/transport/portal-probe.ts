/**
 * A connection to the portal that begins no session: it only finds out whether an agent is there. No other connection is served
 * while this one is open.
 */
import { createConnection, type Socket } from 'node:net';

import { BoxliteError } from '../errors/boxlite-error.js';
import { errnoCode, errorMessage } from '../errors/errno-code.js';
import { AbortError, throwIfAborted } from './abort-error.js';
import { type HandshakeOptions, PROBE_MAGIC, shakeHands } from './handshake.js';
import { knock } from './knock.js';

export interface ProbeOptions extends Pick<HandshakeOptions, 'checkPeer'> {
  /** Gives up; without it the probe waits for as long as the guest takes. */
  signal?: AbortSignal | undefined;
  /** The guest boots just now, so its agent answers when it can. @defaultValue false: it is asked again after a second */
  firstBoot?: boolean | undefined;
}

export class PortalProbe implements AsyncDisposable {
  /** Resolves when the connection has ended: by `close`, or since the VM is gone. */
  readonly closed: Promise<void>;

  private constructor(private readonly socket: Socket) {
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        resolve();
      });
    });
    // Nothing more is said; a guest that goes on talking is not listened to.
    socket.on('error', () => undefined).resume();
  }

  /**
   * Connects to the portal and resolves when its agent has answered.
   *
   * @throws BoxliteError `Portal` when nothing listens there, or what listens is not an agent.
   * @throws AbortError when `signal` fires first.
   */
  static async open(socketPath: string, options: ProbeOptions = {}): Promise<PortalProbe> {
    const { signal, firstBoot = false, checkPeer } = options;
    throwIfAborted(signal);
    if (!firstBoot) {
      await knock(socketPath);
      throwIfAborted(signal);
    }
    const socket = createConnection(socketPath);
    const onAbort = (): void => {
      socket.destroy();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await connected(socket, socketPath);
      await shakeHands(socket, { firstBoot, checkPeer }, PROBE_MAGIC);
      return new PortalProbe(socket);
    } catch (error) {
      socket.on('error', () => undefined).destroy();
      throw signal?.aborted ? new AbortError(signal.reason) : error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Ends the connection; the portal is free for another one then. */
  close(): void {
    this.socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closed;
  }
}

const connected = (socket: Socket, socketPath: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const onError = (error: Error): void => {
      const reason = errnoCode(error) ?? 'connect-failed';
      const why = reason === 'ENOENT' || reason === 'ECONNREFUSED' ? 'no VM listens there' : errorMessage(error);
      reject(new BoxliteError('Portal', `Could not connect to the guest agent at '${socketPath}': ${why}.`, { reason, cause: error }));
    };
    // Also when it is destroyed before.
    const onClose = (): void => {
      onError(new Error('the connection was given up'));
    };
    socket.once('error', onError).once('close', onClose);
    socket.once('connect', () => {
      socket.off('error', onError).off('close', onClose);
      resolve();
    });
  });
