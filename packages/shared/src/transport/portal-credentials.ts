import type { Socket } from 'node:net';

import { CallCredentials, ChannelCredentials, type experimental } from '@grpc/grpc-js';

import { BoxliteError } from '../errors/boxlite-error.js';
import { type HandshakeOptions, shakeHands } from './handshake.js';

/**
 * Makes the portal handshake where TLS makes its own: gRPC connects the socket, this shakes hands on it, HTTP/2 takes over.
 * Good for one connection: a session that was lost is not silently replaced by another.
 */
export class PortalCredentials extends ChannelCredentials {
  /** The connection, as soon as there is one. */
  socket: Socket | undefined;
  /** Why the handshake failed. */
  failure: BoxliteError | undefined;
  #used = false;

  constructor(
    private readonly options: HandshakeOptions,
    private readonly onSocket: (socket: Socket) => void,
  ) {
    super();
  }

  override _isSecure(): boolean {
    return false;
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(): experimental.SecureConnector {
    return {
      waitForReady: () => {
        if (this.#used) return Promise.reject(new BoxliteError('Portal', 'The portal connects once only.'));
        this.#used = true;
        return Promise.resolve();
      },
      connect: async (socket) => {
        this.socket = socket;
        this.onSocket(socket);
        try {
          await shakeHands(socket, this.options);
        } catch (error) {
          this.failure = BoxliteError.from(error, 'Portal');
          throw error;
        }
        return { socket, secure: false };
      },
      getCallCredentials: () => CallCredentials.createEmpty(),
      destroy: () => undefined,
    };
  }
}
