import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireOwnPeer } from './require-own-peer.js';

const isRoot = process.geteuid?.() === 0;

const LISTENER = `require('node:net').createServer().listen(process.argv[1], () => process.stdout.write('listens'))`;

describe('the other end of a Unix socket', () => {
  let directory: string;
  let path: string;
  let server: Server;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'boxlite-peer-'));
    path = join(directory, 'socket');
    server = createServer((socket) => socket.resume());
  });
  afterEach(async () => {
    server.close();
    await rm(directory, { recursive: true, force: true });
  });

  const connected = async (): Promise<Socket> => {
    const socket = connect(path);
    await once(socket, 'connect');
    return socket;
  };

  it('may be this user', async () => {
    server.listen(path);
    await once(server, 'listening');
    const socket = await connected();
    requireOwnPeer(socket, 'the socket');
    socket.destroy();
  });

  it('must be known', async () => {
    server.listen(path);
    await once(server, 'listening');
    const socket = await connected();
    socket.destroy();
    await once(socket, 'close');
    expect(() => {
      requireOwnPeer(socket, 'the socket');
    }).toThrow(expect.objectContaining({ code: 'Portal', reason: 'foreign-peer' }));
  });

  (isRoot ? it : it.skip)('must not be another user', async () => {
    await chmod(directory, 0o777);
    const child = spawn(process.execPath, ['-e', LISTENER, path], { uid: 61_000, gid: 61_000, stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    const socket = await connected();
    expect(() => {
      requireOwnPeer(socket, 'the socket');
    }).toThrow(/the socket belongs to user 61000/);
    socket.destroy();
    child.kill();
    await once(child, 'exit');
  });
});
