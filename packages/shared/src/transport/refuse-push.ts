import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';

import type { Channel } from '@grpc/grpc-js';

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

/**
 * Watches a connected channel for HTTP/2 server push, and calls `onPush` at the first one.
 *
 * Node's HTTP/2 accepts pushed streams and keeps what comes on them until somebody reads it, without bound; gRPC never reads it and
 * has no option against it. A guest could fill the host's memory that way. So this reaches for the session behind grpc-js's channel:
 * the one place where its internals are used, held in place by the version's pin and a test. A push needs a request to hang on, so it
 * is early enough when this is called before the first call.
 *
 * @returns false when the session could not be found; the channel must not be used then.
 */
export const refusePush = (channel: Channel, onPush: () => void): boolean => {
  const subchannels = field(field(channel, 'internalChannel'), 'wrappedSubchannels');
  if (!(subchannels instanceof Set)) return false;
  for (const subchannel of subchannels) {
    const session = field(field(field(subchannel, 'child'), 'transport'), 'session') as ClientHttp2Session | undefined;
    if (typeof session?.on !== 'function' || typeof session.close !== 'function') continue;
    session.on('stream', (stream: ClientHttp2Stream) => {
      // Node itself refuses further ones on a session that is closing.
      session.close();
      stream.on('error', () => undefined).close();
      onPush();
    });
    return true;
  }
  return false;
};
