/**
 * For tests of this workspace only, never published: a gRPC server behind a Unix socket that makes the agent's side of the portal
 * handshake, so that the host's side is tested against real HTTP/2 without a VM.
 */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  type ChannelOptions,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type StatusObject,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';

import type { BoxliteError } from '../errors/boxlite-error.js';
import { statusFromError } from '../transport/rpc-error.js';

const HELLO_BYTES = 24;
const PROBE_MAGIC = 'BOXLITE?';

export interface PortalServerOptions {
  /** What to do with a connection instead of answering hello and serving gRPC. */
  onConnection?: (socket: Socket) => void;
  /** Bytes sent before the echo. */
  stale?: Buffer;
  channelOptions?: ChannelOptions;
}

export interface PortalServer extends AsyncDisposable {
  readonly socketPath: string;
  /** Connections that are open now. */
  readonly connections: ReadonlySet<Socket>;
  /** Cuts every connection. */
  cut(): void;
}

/** What a service answers a call with that fails by this error. */
export const failedBy = (error: BoxliteError): StatusObject => statusFromError(error, new Metadata());

/** Serves `services` behind a portal in a directory of its own. */
export const servePortal = async (
  services: readonly [ServiceDefinition, UntypedServiceImplementation][] = [],
  options: PortalServerOptions = {},
): Promise<PortalServer> => {
  const directory = await mkdtemp(join(tmpdir(), 'boxlite-portal-'));
  const socketPath = join(directory, 'agent.sock');
  const grpc = new Server(options.channelOptions);
  for (const [definition, implementation] of services) grpc.addService(definition, implementation);
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  const connections = new Set<Socket>();

  const answerHello = (socket: Socket): void => {
    let seen = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      seen = Buffer.concat([seen, chunk]);
      if (seen.length < HELLO_BYTES) return;
      if (seen.toString('latin1', 0, PROBE_MAGIC.length) === PROBE_MAGIC) {
        socket.write(seen.subarray(0, HELLO_BYTES));
        seen = seen.subarray(HELLO_BYTES);
        return;
      }
      socket.off('data', onData).pause();
      if (options.stale) socket.write(options.stale);
      // Node's HTTP/2 takes over the handle, and must not meet a write that it did not begin.
      socket.write(seen.subarray(0, HELLO_BYTES), () => {
        injector.injectConnection(socket);
      });
    };
    socket.on('data', onData);
  };

  const listener = createServer((socket) => {
    connections.add(socket);
    socket.on('error', () => undefined).on('close', () => connections.delete(socket));
    (options.onConnection ?? answerHello)(socket);
  });
  await new Promise<void>((resolve) => listener.listen(socketPath, resolve));

  const cut = (): void => {
    for (const socket of connections) socket.destroy();
  };
  return {
    socketPath,
    connections,
    cut,
    async [Symbol.asyncDispose]() {
      // Out of any callback of an HTTP/2 session that reads: Node 20 aborts when its streams are destroyed there.
      await new Promise((resolve) => setImmediate(resolve));
      cut();
      injector.destroy();
      grpc.forceShutdown();
      await new Promise((resolve) => listener.close(resolve));
      rmSync(directory, { recursive: true, force: true });
    },
  };
};
