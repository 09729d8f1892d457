import { createServer } from 'node:http2';

import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';

import { BoxliteError } from '../errors/boxlite-error.js';
import { GuestService, type PingRequest, PingResponse } from '../protocol.js';
import { servePortal } from '../testing/serve-portal.js';
import { PortalChannel } from './portal-channel.js';
import { unary } from './unary.js';

const ping = (call: ServerUnaryCall<PingRequest, PingResponse>, callback: sendUnaryData<PingResponse>): void => {
  callback(null, PingResponse.create({ payload: call.request.payload }));
};
const neverAnswers = (): void => undefined;
const guest = [
  GuestService,
  { hello: ping, freeze: ping, sync: ping, thaw: ping, setClock: ping, ping, metrics: ping, shutdown: neverAnswers },
] as const;

const pingWith = async (portal: PortalChannel, text: string, timeoutMs?: number): Promise<string> =>
  (await unary(portal, GuestService.ping, { payload: Buffer.from(text) }, 'ping the agent', { timeoutMs })).payload.toString();

test('shakes hands and carries calls, behind stale bytes of an old session', async () => {
  await using server = await servePortal([[...guest]], { stale: Buffer.alloc(300_000, 'BOXLITE1') });
  const portal = await PortalChannel.open(server.socketPath);
  expect(await Promise.all(['a', 'b', 'c'].map((text) => pingWith(portal, text)))).toEqual(['a', 'b', 'c']);
  portal.close();
});

test('a second session follows the first on the same agent', async () => {
  await using server = await servePortal([[...guest]]);
  for (const text of ['one', 'two']) {
    const portal = await PortalChannel.open(server.socketPath);
    expect(await pingWith(portal, text)).toBe(text);
    portal.close();
    expect((await portal.closed).code).toBe('Stopped');
  }
});

test.each([{ restored: true, firstBoot: true }, {}])(
  'a VM that runs already (%j) is told first that its old session is over, and is greeted again when it misses a hello',
  async (options) => {
    const said: number[] = [];
    await using server = await servePortal([], {
      onConnection: (socket) => {
        const connection = said.push(0) - 1;
        socket.on('data', () => {
          if (++said[connection]! === 2) socket.destroy();
        });
      },
    });
    await expect(PortalChannel.open(server.socketPath, options)).rejects.toMatchObject({
      reason: 'connection-lost',
    });
    expect(said).toEqual([0, 2]);
    await expect(PortalChannel.open('/nowhere/agent.sock', { restored: true })).rejects.toMatchObject({ code: 'Portal', reason: 'ENOENT' });
  },
);

test('a lost connection closes the channel once, fails running calls, and is not made again', async () => {
  await using server = await servePortal([[...guest]]);
  const portal = await PortalChannel.open(server.socketPath);
  const running = unary(portal, GuestService.shutdown, { graceMs: 0 }, 'shut down');
  const failed = expect(running).rejects.toMatchObject({ code: 'Portal', reason: 'connection-lost' });
  // A round trip behind the call, so that it has reached the server.
  await pingWith(portal, '');
  server.cut();
  expect(await portal.closed).toMatchObject({ code: 'Portal', reason: 'connection-lost' });
  await failed;
  await expect(pingWith(portal, 'again')).rejects.toMatchObject({ code: 'Portal', reason: 'connection-lost' });
  expect(server.connections.size).toBe(0);
  portal.close();
  expect((await portal.closed).code).toBe('Portal');
});

test('when its owner knows why the connection was lost, calls fail with that, also those made before that is known', async () => {
  await using server = await servePortal([[...guest]]);
  const portal = await PortalChannel.open(server.socketPath);
  const died = new BoxliteError('Engine', 'the VM has died', { reason: 'vm-died' });
  const given = new AbortController();
  const calls: Promise<unknown>[] = [unary(portal, GuestService.shutdown, { graceMs: 0 }, 'shut down')];
  await pingWith(portal, '');
  const heard: BoxliteError[] = [];
  portal.onLost = async (lost) => {
    heard.push(lost);
    expect([portal.isLost, portal.closeReason]).toEqual([true, undefined]);
    calls.push(pingWith(portal, 'meanwhile'));
    const late = unary(portal, GuestService.shutdown, { graceMs: 0 }, 'shut down', { signal: given.signal });
    given.abort();
    await expect(late).rejects.toMatchObject({ name: 'AbortError' });
    portal.close(died);
  };
  server.cut();
  expect(await portal.closed).toBe(died);
  expect(heard).toMatchObject([{ code: 'Portal', reason: 'connection-lost' }]);
  expect(calls).toHaveLength(2);
  for (const call of calls) await expect(call).rejects.toBe(died);
  await expect(pingWith(portal, 'afterwards')).rejects.toBe(died);
  expect([portal.isLost, server.connections.size]).toEqual([false, 0]);
});

test('a connection that breaks with something unread on the other side is lost as well', async () => {
  await using server = await servePortal([], {
    onConnection: (socket) => {
      socket.once('data', (hello) => {
        // What an HTTP/2 server begins with (RFC 9113, 3.4): SETTINGS without any. It takes nothing from then on.
        socket.pause().write(Buffer.concat([hello, Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])]));
      });
    },
  });
  const portal = await PortalChannel.open(server.socketPath, { firstBoot: true });
  const running = [1, 2].map(() => pingWith(portal, 'x'.repeat(100_000)));
  const failed = Promise.all(running.map((call) => expect(call).rejects.toMatchObject({ code: 'Portal', reason: 'connection-lost' })));
  await new Promise((resolve) => setTimeout(resolve, 50));
  server.cut();
  await failed;
});

test.each([
  ['does not know', () => Promise.resolve()],
  ['fails', () => Promise.reject(new Error('no idea'))],
])('when its owner %s, calls fail with the lost connection', async (_, onLost) => {
  await using server = await servePortal([[...guest]]);
  const portal = await PortalChannel.open(server.socketPath);
  portal.onLost = onLost;
  const running = unary(portal, GuestService.shutdown, { graceMs: 0 }, 'shut down');
  const failed = expect(running).rejects.toMatchObject({ code: 'Portal', reason: 'connection-lost' });
  await pingWith(portal, '');
  server.cut();
  await failed;
  expect(portal.closeReason).toMatchObject({ reason: 'connection-lost' });
});

test('calls fail with the reason that close was given', async () => {
  await using server = await servePortal([[...guest]]);
  const portal = await PortalChannel.open(server.socketPath);
  const running = unary(portal, GuestService.shutdown, { graceMs: 0 }, 'shut down');
  const failed = expect(running).rejects.toMatchObject({ code: 'Stopped' });
  await pingWith(portal, '');
  portal.close();
  await failed;
});

test('a call has a deadline and a signal', async () => {
  await using server = await servePortal([[...guest]]);
  const portal = await PortalChannel.open(server.socketPath);
  const shutdown = (options: object) => unary(portal, GuestService.shutdown, { graceMs: 0 }, 'shut down', options);
  await expect(shutdown({ timeoutMs: 20 })).rejects.toMatchObject({ code: 'RpcTransport', reason: 'deadline-exceeded' });
  await expect(shutdown({ signal: AbortSignal.timeout(20) })).rejects.toMatchObject({ name: 'AbortError', code: 'ABORT_ERR' });
  await expect(shutdown({ signal: AbortSignal.abort('why') })).rejects.toMatchObject({ name: 'AbortError', cause: 'why' });
  portal.close();
});

test('a deadline is one of time that passes, whatever the clock of the day does', async () => {
  await using server = await servePortal([[...guest]]);
  const portal = await PortalChannel.open(server.socketPath);
  const now = Date.now;
  try {
    const begin = performance.now();
    for (const days of [400, -400]) {
      const late = unary(portal, GuestService.shutdown, { graceMs: 0 }, 'shut down', { timeoutMs: 200 });
      Date.now = () => now() + days * 86_400_000;
      await expect(late).rejects.toMatchObject({ reason: 'deadline-exceeded', message: 'Could not shut down: no answer within 200 ms' });
    }
    expect(performance.now() - begin).toBeGreaterThan(2 * 190);
  } finally {
    Date.now = now;
    portal.close();
  }
});

test('nothing that listens is a Portal error with the errno', async () => {
  await expect(PortalChannel.open('/nowhere/agent.sock')).rejects.toMatchObject({
    code: 'Portal',
    reason: 'ENOENT',
    message: "Could not connect to the guest agent at '/nowhere/agent.sock': no VM listens there.",
  });
});

test('a guest that closes, floods, or is silent is no agent', async () => {
  await using closes = await servePortal([], { onConnection: (socket) => socket.end('bye') });
  await expect(PortalChannel.open(closes.socketPath)).rejects.toMatchObject({ code: 'Portal', reason: 'connection-lost' });

  await using floods = await servePortal([], {
    onConnection: (socket) => {
      const flood = (): void => {
        while (!socket.destroyed && socket.write(Buffer.alloc(65536, 'BOXLITE1')));
        socket.once('drain', flood);
      };
      flood();
    },
  });
  await expect(PortalChannel.open(floods.socketPath, { maxStaleBytes: 1 << 20 })).rejects.toMatchObject({
    code: 'Portal',
    reason: 'handshake-failed',
  });

  await using silent = await servePortal([], { onConnection: (socket) => socket.resume() });
  await expect(PortalChannel.open(silent.socketPath, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ name: 'AbortError' });
  // Not HTTP/2 behind the echo.
  await using rude = await servePortal([], {
    onConnection: (socket) => socket.on('data', (hello) => socket.end(`${hello.toString('latin1')}HTTP/1.1 400 No`, 'latin1')),
  });
  await expect(PortalChannel.open(rude.socketPath, { signal: AbortSignal.timeout(5000) })).rejects.toMatchObject({ code: 'Portal' });
});

test('an agent that misses the first hello is greeted again', async () => {
  let hellos = 0;
  await using server = await servePortal([], {
    onConnection: (socket) => {
      socket.on('data', () => {
        hellos++;
        if (hellos === 2) socket.destroy();
      });
    },
  });
  await expect(PortalChannel.open(server.socketPath)).rejects.toMatchObject({ reason: 'connection-lost' });
  expect(hellos).toBe(2);
});

test('a guest that pushes streams is cut off', async () => {
  let pushed = 0;
  const http2 = createServer();
  http2.on('session', (session) => session.on('error', () => undefined));
  http2.on('stream', (stream) => {
    stream.on('error', () => undefined);
    const push = (): void => {
      if (!stream.pushAllowed) return;
      stream.pushStream({ ':path': '/x' }, (error, push) => {
        if (error) return;
        pushed++;
        push.on('error', () => undefined);
        push.respond();
        push.write(Buffer.alloc(1 << 20));
      });
      setImmediate(push);
    };
    push();
  });
  await using server = await servePortal([], {
    onConnection: (socket) => {
      socket.once('data', (hello) => {
        socket.pause();
        socket.write(hello, () => http2.emit('connection', socket));
      });
    },
  });
  const portal = await PortalChannel.open(server.socketPath);
  await expect(pingWith(portal, 'x')).rejects.toMatchObject({ code: 'Portal', reason: 'protocol-violation' });
  await expect(portal.closed).resolves.toMatchObject({ message: expect.stringContaining('pushed') });
  await new Promise((resolve) => setImmediate(resolve));
  expect(pushed).toBeLessThan(20);
});
