import type { Socket } from 'node:net';

import type { ChannelCredentials, experimental } from '@grpc/grpc-js';

import { BoxliteError } from '../errors/boxlite-error.js';
import { type HandshakeOptions, shakeHands } from './handshake.js';
import type { GrpcParts } from './load-grpc.js';

export interface PortalCredentials extends ChannelCredentials {
  /** Why the handshake failed. */
  readonly failure: BoxliteError | undefined;
}

/**
 * Makes the portal handshake where TLS makes its own: gRPC connects the socket, this shakes hands on it, HTTP/2 takes over.
 * Good for one connection: a session that was lost is not silently replaced by another.
 *
 * @param onSocket - gets the connection, as soon as there is one
 */
export const portalCredentials = (grpc: GrpcParts, options: HandshakeOptions, onSocket: (socket: Socket) => void): PortalCredentials => {
  // What it extends is there only when gRPC has been loaded.
  class Credentials extends grpc.ChannelCredentials implements PortalCredentials {
    failure: BoxliteError | undefined;
    #used = false;

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
          onSocket(socket);
          try {
            await shakeHands(socket, options);
          } catch (error) {
            this.failure = BoxliteError.from(error, 'Portal');
            throw error;
          }
          return { socket, secure: false };
        },
        getCallCredentials: () => grpc.CallCredentials.createEmpty(),
        destroy: () => undefined,
      };
    }
  }
  return new Credentials();
};
