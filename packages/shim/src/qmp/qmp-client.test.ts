import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { BoxliteError } from '@boxlite/shared';
import { temporaryDirectory } from '../testing/with-shim.js';
import { QmpClient, type QmpConnectOptions } from './qmp-client.js';

const GREETING = '{"QMP":{"version":{"qemu":{"major":7,"minor":2,"micro":22},"surprise":1},"capabilities":["oob"]},"extra":true}\r\n';

interface Peer extends AsyncDisposable {
  path: string;
  server: Server;
}

/** A real socket server in QEMU's place; `serve` does with each connection what it likes. */
const startPeer = async (serve: (socket: Socket) => void): Promise<Peer> => {
  const directory = await temporaryDirectory();
  const path = join(directory.path, 'qmp.sock');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket);
  }).listen(path);
  await once(server, 'listening');
  return {
    path,
    server,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await directory[Symbol.asyncDispose]();
    },
  };
};

type Command = { execute: string; id: number };

/** A peer that greets and agrees to capabilities; `answer` sees all later commands. */
const startQemu = (answer: (command: Command, socket: Socket) => void): Promise<Peer> =>
  startPeer((socket) => {
    socket.write(GREETING);
    socket.on('data', (data) => {
      for (const line of String(data).trim().split('\n')) {
        const command = JSON.parse(line) as Command;
        if (command.execute === 'qmp_capabilities') socket.write(`{"return":{},"id":${String(command.id)}}\n`);
        else answer(command, socket);
      }
    });
  });

const connect = (peer: Peer, options: Partial<QmpConnectOptions> = {}): Promise<QmpClient> =>
  QmpClient.connect(peer.path, { timeoutMs: 5000, maxLineBytes: 4096, ...options });
const failure = (reason: string): unknown => expect.objectContaining({ code: 'Engine', reason });

describe('QmpClient', () => {
  it('answers commands by their ids, in whatever order the peer answers', async () => {
    const held: Command[] = [];
    await using peer = await startQemu((command, socket) => {
      held.push(command);
      if (held.length < 3) return;
      for (const { execute, id } of held.reverse()) socket.write(`{"return":"${execute}","id":${String(id)},"timing":[1]}\n`);
    });
    const client = await connect(peer);
    const answers = ['a', 'b', 'c'].map((name) => client.execute(name, {}, { timeoutMs: 5000 }));
    expect(await Promise.all(answers)).toEqual(['a', 'b', 'c']);
    client.close();
    await client.closed;
  });

  it('gives events to the listener, between answers', async () => {
    await using peer = await startQemu((command, socket) => {
      socket.write(
        `{"event":"STOP","timestamp":{}}\n{"return":1,"id":${String(command.id)}}\n{"event":"SHUTDOWN","data":{"reason":"guest-reset"}}\n`,
      );
    });
    const events: unknown[] = [];
    let shutDown = (): void => undefined;
    const shutdown = new Promise<void>((resolve) => {
      shutDown = resolve;
    });
    const client = await connect(peer, {
      onEvent: (event) => {
        events.push(event);
        if (event.name === 'SHUTDOWN') shutDown();
      },
    });
    expect(await client.execute('stop', {}, { timeoutMs: 5000 })).toBe(1);
    await shutdown;
    expect(events).toMatchObject([
      { name: 'STOP', data: {} },
      { name: 'SHUTDOWN', data: { reason: 'guest-reset' } },
    ]);
    client.close();
  });

  it("rejects with the peer's refusal, made plain", async () => {
    await using peer = await startQemu((command, socket) => {
      socket.write(`{"error":{"class":"CommandNotFound","desc":"no \\u001b[31msuch"},"id":${String(command.id)}}\n`);
    });
    const client = await connect(peer);
    const error = await client.execute('nonsense', {}, { timeoutMs: 5000 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BoxliteError);
    expect(error).toMatchObject({ code: 'Engine', reason: 'CommandNotFound', message: 'the engine refused nonsense: no  [31msuch' });
    client.close();
  });

  it('survives unknown answers and fields', async () => {
    await using peer = await startQemu((command, socket) => {
      socket.write('{"return":{},"id":999}\n{"error":{},"id":998}\n{"error":{"class":5}}\n');
      socket.write(`{"return":"real","id":${String(command.id)},"__proto__":{"x":1}}\n`);
    });
    const client = await connect(peer);
    expect(await client.execute('query', {}, { timeoutMs: 5000 })).toBe('real');
    client.close();
  });

  it.each([
    ['no JSON', 'hello\n'],
    ['half a JSON', '{"return":\n'],
    ['a JSON that is no object', '[1]\n'],
    ['null', 'null\n'],
    ['an object that is no message', '{"id":1}\n'],
    ['an answer without an id', '{"return":{}}\n'],
    ['deep nesting', `${'['.repeat(4000)}\n`],
    ['a line without an end', 'x'.repeat(5000)],
    ['NUL bytes', '\0\0\0\n'],
  ])('ends the connection on %s, and fails what waits', async (_, bytes) => {
    await using peer = await startQemu((_command, socket) => socket.write(bytes));
    const client = await connect(peer);
    const [first, second] = ['a', 'b'].map((name) => client.execute(name, {}, { timeoutMs: 5000 }));
    await Promise.all([expect(first).rejects.toEqual(failure('qmp-protocol')), expect(second).rejects.toEqual(failure('qmp-protocol'))]);
    await client.closed;
    await expect(client.execute('c', {}, { timeoutMs: 5000 })).rejects.toEqual(failure('qmp-protocol'));
  });

  it('keeps the process alive for the time of a command, and while it is held', async () => {
    await using peer = await startQemu(({ id }, socket) => socket.write(`{"return":{},"id":${String(id)}}\n`));
    const client = await connect(peer);
    const alive = (): number => process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length;
    const idle = alive();
    const executed = client.execute('a', {}, { timeoutMs: 5000 });
    expect(alive()).toBe(idle + 1);
    const held = client.hold();
    await executed;
    expect(alive()).toBe(idle + 1);
    held[Symbol.dispose]();
    expect(alive()).toBe(idle);
    client.close();
  });

  it('takes a flood of events without keeping any', async () => {
    const flood = `{"event":"BLOCK_IO_ERROR","data":{"x":"${'y'.repeat(1000)}"}}\n`.repeat(1000);
    await using peer = await startQemu((command, socket) => {
      for (let round = 0; round < 20; round++) socket.write(flood);
      socket.write(`{"return":"done","id":${String(command.id)}}\n`);
    });
    let count = 0;
    const client = await connect(peer, { onEvent: () => count++ });
    expect(await client.execute('flood', {}, { timeoutMs: 30_000 })).toBe('done');
    expect(count).toBe(20_000);
    client.close();
  });

  it('does not wait for ever for a peer that is silent', async () => {
    await using silent = await startPeer(() => undefined);
    await expect(connect(silent, { timeoutMs: 50 })).rejects.toEqual(failure('qmp-timeout'));
    await using mute = await startQemu(() => undefined);
    const client = await connect(mute);
    await expect(client.execute('a', {}, { timeoutMs: 50 })).rejects.toEqual(failure('qmp-timeout'));
    client.close();
  });

  it('fails at once when the peer goes, or was never there', async () => {
    await using peer = await startQemu((_command, socket) => socket.destroy());
    const client = await connect(peer);
    await expect(client.execute('a', {}, { timeoutMs: 5000 })).rejects.toEqual(failure('qmp-closed'));
    await expect(QmpClient.connect(`${peer.path}.none`, { timeoutMs: 5000 })).rejects.toEqual(failure('qmp-closed'));
  });

  it('ends by its signal', async () => {
    await using peer = await startQemu(() => undefined);
    const client = await connect(peer);
    const abort = new AbortController();
    const waiting = client.execute('a', {}, { timeoutMs: 5000, signal: abort.signal });
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    await expect(QmpClient.connect(peer.path, { timeoutMs: 5000, signal: abort.signal })).rejects.toMatchObject({ name: 'AbortError' });
    client.close();
    client.close();
    await client.closed;
  });
});
