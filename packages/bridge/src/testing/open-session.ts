/** A session with functions of the test's own behind it. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from '../session.js';
import type { Api, CallType, Type } from '../types.js';
import { TestClient } from './client.js';

export const call = (parameters: [string, Type, boolean?][], result: Type, answer: (...values: never[]) => unknown): CallType => ({
  parameters: parameters.map(([name, type, optional = false]) => ({ name, type, optional })),
  result,
  call: (target, values) => (answer as (...all: unknown[]) => unknown).apply(target, values),
});

export const open = async (functions: Api['functions'], handles: Api['handles'] = {}) => {
  const directory = mkdtempSync(join(tmpdir(), 'boxlite-bridge-'));
  const server = createServer().listen(join(directory, 'socket'));
  await once(server, 'listening');
  const socket = connect(server.address() as unknown as AddressInfo & string);
  const [accepted] = (await once(server, 'connection')) as [Socket];
  server.close();
  const structs = { Options: [{ name: 'signal', type: { kind: 'signal' } as Type, optional: true }] };
  const api: Api = { version: '0', structs, aliases: {}, handles, functions };
  const session = new Session({ socket: accepted, version: '0', loadApi: () => Promise.resolve(api) });
  const client = new TestClient(socket);
  return {
    client,
    /** The bridge's end of the connection. */
    accepted,
    session,
    [Symbol.asyncDispose]: async () => {
      client[Symbol.dispose]();
      await session.closed;
      rmSync(directory, { recursive: true });
    },
  };
};
