import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** QEMU has closed a connection. */
export class ConnectionClosed extends Error {}

/** A socket that somebody is to connect to once. */
export interface Expected {
  connected: Promise<Socket>;
  close: () => void;
}

/** Listens where QEMU will connect: so the connection is an event, and nothing has to be tried again. */
export const expectConnection = async (path: string): Promise<Expected> => {
  const server = createServer();
  const connected = once(server, 'connection').then(([socket]) => socket as Socket);
  connected.catch(() => undefined);
  server.listen(path);
  await once(server, 'listening');
  return { connected, close: () => server.close() };
};
