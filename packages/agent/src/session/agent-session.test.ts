import { randomBytes } from 'node:crypto';

import { BoxliteError } from '@boxlite/shared';
import { failedBy } from '@boxlite/shared/testing';
import type { HelloRequest } from '@boxlite/shared/protocol';

import { startFakeAgent } from '../testing/fake-agent.js';
import { AgentSession } from './agent-session.js';
import { probeAgent } from './probe-agent.js';

const CONTAINER = {
  hostname: 'box',
  machineId: '00112233445546778899aabbccddeeff',
  env: ['A=b'],
  workingDir: '/',
  user: '',
  capabilities: ['CAP_CHOWN'],
  maskedPaths: ['/proc/kcore'],
  readonlyPaths: ['/proc/sys'],
  shmBytes: 64n << 20n,
  readonlyRoot: false,
  noNewPrivileges: true,
  seccomp: true,
  maxPids: 100,
  limits: [{ name: 'RLIMIT_NOFILE', soft: 1n, hard: 2n ** 64n - 1n }],
  sysctls: [{ name: 'net.core.somaxconn', value: '9' }],
};

test('says hello with what the guest needs, and learns who answers', async () => {
  const hellos: HelloRequest[] = [];
  await using agent = await startFakeAgent({
    guest: {
      hello: (call, callback) => {
        hellos.push(call.request);
        callback(null, { agentVersion: '1\u001b[2J', kernelRelease: 'k'.repeat(500), bootMicros: 1500n, containerReady: true });
      },
    },
  });
  expect(agent.session.info).toEqual({
    agentVersion: '1 [2J',
    kernelRelease: expect.stringMatching(/^k{127}…$/),
    bootMs: 1.5,
    containerReady: true,
  });
  const [first] = hellos;
  expect(first).toMatchObject({ protocolVersion: 1 });
  expect(first?.entropy).toHaveLength(64);
  expect(Math.abs(Number(first?.unixNanos) / 1e6 - Date.now())).toBeLessThan(10_000);
  expect(first?.newIdentity).toBe(false);
  await using second = await AgentSession.connect(agent.portal.socketPath, { newIdentity: true });
  expect(second.info.containerReady).toBe(true);
  expect(hellos[1]?.newIdentity).toBe(true);
  expect(hellos[1]?.entropy).not.toEqual(first?.entropy);
});

test('pings, measures, sets up, shuts down', async () => {
  await using agent = await startFakeAgent();
  const payload = randomBytes(1000);
  expect((await agent.session.ping(payload)).equals(payload)).toBe(true);
  expect(await agent.session.ping()).toHaveLength(0);
  expect(await agent.session.processes()).toMatchObject([
    { pid: 3, state: 'S', command: '[ghost]' },
    { pid: 7, command: 'a [2J b c', cpuSeconds: Number.MAX_SAFE_INTEGER / 1e6 },
  ]);
  // A guest that claims more than numbers hold is cut to what they hold.
  expect(await agent.session.metrics()).toMatchObject({ uptimeMicros: Number.MAX_SAFE_INTEGER, cpuMicros: 5, processes: 3 });
  expect(await agent.session.createContainer(CONTAINER)).toEqual({ setupMs: 4.2 });
  await agent.session.shutdown(1000);
  await expect(agent.session.shutdown(NaN)).rejects.toMatchObject({ code: 'InvalidArgument' });
});

test('gives a container that was made before what its Box is like, and takes it away', async () => {
  const requests: unknown[] = [];
  const record = (call: { request: unknown }): void => void requests.push(call.request);
  await using agent = await startFakeAgent({
    guest: { setClock: (call, callback) => (record(call), callback(null, {})) },
    container: {
      create: (call, callback) => (record(call), callback(null, { setupMicros: 1n })),
      configure: (call, callback) => (record(call), callback(null, {})),
      remove: (_call, callback) => callback(failedBy(new BoxliteError('InvalidState', 'no container', { reason: 'why' })), null),
    },
  });
  await agent.session.createContainer({ ...CONTAINER, imageBytes: 4096, diskBytes: 1n << 40n });
  await agent.session.createContainer(CONTAINER);
  await agent.session.configureContainer({ hostname: 'other', machineId: null, env: ['C=d'], workingDir: '/srv', user: 'web' });
  await agent.session.setClock();
  expect(requests).toMatchObject([
    { imageBytes: 4096n, diskBytes: 1n << 40n },
    { imageBytes: 0n, diskBytes: 0n },
    { hostname: 'other', machineId: Buffer.alloc(0), env: [Buffer.from('C=d')], workingDir: '/srv', user: 'web' },
    { unixNanos: expect.any(BigInt) },
  ]);
  await expect(agent.session.removeContainer()).rejects.toMatchObject({ code: 'InvalidState', reason: 'why' });
});

test('halts the container, and lets it go on with the right time', async () => {
  const requests: unknown[] = [];
  const record = (call: { request: unknown }): void => void requests.push(call.request);
  await using agent = await startFakeAgent({
    guest: {
      freeze: (_call, callback) => (requests.push('freeze'), callback(null, { haltedMicros: 1_500n })),
      sync: (_call, callback) => (requests.push('sync'), callback(null, {})),
      thaw: (call, callback) => (record(call), callback(null, {})),
    },
  });
  expect(await agent.session.freeze()).toEqual({ haltedMs: 1.5 });
  await agent.session.sync();
  await agent.session.thaw();
  expect(requests).toMatchObject(['freeze', 'sync', { unixNanos: expect.any(BigInt) }]);
});

test('probes without a session', async () => {
  await using agent = await startFakeAgent();
  await using probe = await probeAgent(agent.portal.socketPath);
  expect(agent.portal.connections.size).toBe(2);
  probe.close();
  await expect(probeAgent('/nowhere')).rejects.toMatchObject({ code: 'Portal' });
});

test('another version of the protocol is refused with what the agent says of it', async () => {
  const refusal = new BoxliteError('InvalidState', 'protocol version 1, this agent speaks 2', { reason: 'protocol-version' });
  await expect(startFakeAgent({ guest: { hello: (_call, callback) => callback(failedBy(refusal), null) } })).rejects.toMatchObject({
    code: 'InvalidState',
    reason: 'protocol-version',
    message: 'Could not begin a session with the guest agent: protocol version 1, this agent speaks 2',
  });
});

test('connecting is given up by a signal, also when only hello is never answered', async () => {
  await expect(AgentSession.connect('/nowhere', { signal: AbortSignal.abort('why') })).rejects.toMatchObject({
    name: 'AbortError',
    cause: 'why',
  });
  await using agent = await startFakeAgent();
  await using mute = await startFakeAgent({ guest: { ping: () => undefined } });
  await expect(mute.session.ping(undefined, { signal: AbortSignal.timeout(20) })).rejects.toMatchObject({ name: 'AbortError' });
  await expect(mute.session.ping(undefined, { timeoutMs: 20 })).rejects.toMatchObject({
    code: 'RpcTransport',
    reason: 'deadline-exceeded',
  });
  expect(await agent.session.ping()).toHaveLength(0);
});

test('closed resolves once and close is idempotent', async () => {
  await using agent = await startFakeAgent();
  expect(agent.session.closeReason).toBeUndefined();
  const reason = new BoxliteError('Stopped', 'first');
  agent.session.close(reason);
  agent.session.close(new BoxliteError('Stopped', 'second'));
  await agent.session.closed;
  expect(agent.session.closeReason).toBe(reason);
  await expect(agent.session.ping()).rejects.toBe(reason);
});

test('sessions leave no connections behind', async () => {
  await using agent = await startFakeAgent();
  for (let round = 0; round < 10; round++) {
    const session = await AgentSession.connect(agent.portal.socketPath);
    await (await session.exec('true')).wait();
    session.close();
  }
  while (agent.portal.connections.size > 1) await new Promise((resolve) => setImmediate(resolve));
  expect(agent.portal.connections.size).toBe(1);
});
