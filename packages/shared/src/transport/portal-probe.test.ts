import { servePortal } from '../testing/serve-portal.js';
import { PortalChannel } from './portal-channel.js';
import { PortalProbe } from './portal-probe.js';

test('finds an agent behind what an old session left, and begins none', async () => {
  await using server = await servePortal([], { stale: Buffer.alloc(100_000, 'BOXLITE?') });
  const probe = await PortalProbe.open(server.socketPath);
  expect(server.connections.size).toBe(1);
  probe.close();
  probe.close();
  await probe.closed;
  // The agent goes on waiting.
  const portal = await PortalChannel.open(server.socketPath);
  portal.close();
});

test('says when the VM is gone', async () => {
  await using server = await servePortal();
  await using probe = await PortalProbe.open(server.socketPath);
  server.cut();
  await probe.closed;
});

test('reads on and keeps nothing when the guest goes on talking', async () => {
  const limit = 16 << 20;
  let written = 0;
  await using server = await servePortal([], {
    onConnection: (socket) => {
      const flood = (): void => {
        if (written >= limit) socket.end();
        else socket.write(Buffer.alloc(1 << 20), flood);
        written += 1 << 20;
      };
      socket.once('data', (probe) => socket.write(probe, flood));
    },
  });
  await using probe = await PortalProbe.open(server.socketPath);
  await probe.closed;
  expect(written).toBeGreaterThan(limit);
});

test('what does not answer is no agent', async () => {
  await expect(PortalProbe.open('/nowhere/agent.sock')).rejects.toMatchObject({
    code: 'Portal',
    reason: 'ENOENT',
    message: "Could not connect to the guest agent at '/nowhere/agent.sock': no VM listens there.",
  });
  await using closes = await servePortal([], { onConnection: (socket) => socket.end('bye') });
  await expect(PortalProbe.open(closes.socketPath)).rejects.toMatchObject({ code: 'Portal', reason: 'connection-lost' });
  await using silent = await servePortal([], { onConnection: (socket) => socket.resume() });
  await expect(PortalProbe.open(silent.socketPath, { signal: AbortSignal.timeout(30) })).rejects.toMatchObject({ name: 'AbortError' });
  await expect(PortalProbe.open(silent.socketPath, { signal: AbortSignal.abort('why') })).rejects.toMatchObject({ cause: 'why' });
  while (silent.connections.size > 0) await new Promise((resolve) => setImmediate(resolve));
});
