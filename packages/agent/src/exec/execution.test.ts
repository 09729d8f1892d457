import { once } from 'node:events';
import { text } from 'node:stream/consumers';

import { BoxliteError } from '@boxlite/shared';

import { type FakeAgent, startFakeAgent } from '../testing/fake-agent.js';

let agent: FakeAgent;
beforeAll(async () => {
  agent = await startFakeAgent();
});
afterAll(async () => {
  await agent[Symbol.asyncDispose]();
});

const size = async (stream: AsyncIterable<Buffer>): Promise<number> => {
  let bytes = 0;
  for await (const chunk of stream) bytes += chunk.length;
  return bytes;
};

test('runs a command: pid, output, exit status', async () => {
  const execution = await agent.session.exec('echo', ['hello', 'wörld 🦀']);
  expect(execution.pid).toBe(7);
  expect(execution.id).toMatch(/^[0-9a-f-]{36}$/);
  expect(await text(execution.stdout)).toBe('hello wörld 🦀\n');
  expect(await text(execution.stderr)).toBe('');
  const status = { exitCode: 0, signal: null, timedOut: false, oomKilled: false, durationMs: 1.5 };
  expect(await Promise.all([execution.wait(), execution.wait(), execution.wait()])).toEqual([status, status, status]);
  expect(await execution.wait()).toEqual(status);
});

test('tells the guest what was asked for', async () => {
  const execution = await agent.session.exec('env', ['a', ''], {
    env: { NAME: 'va=lue', EMPTY: '' },
    workingDir: '/srv',
    user: 'nobody:users',
    timeoutMs: 1500.5,
  });
  expect(await text(execution.stdout)).toBe('NAME=va=lue\nEMPTY=\n');
  expect(agent.execs.at(-1)?.start).toMatchObject({
    id: execution.id,
    argv: [Buffer.from('env'), Buffer.from('a'), Buffer.alloc(0)],
    workingDir: '/srv',
    user: 'nobody:users',
    stdin: false,
    timeoutMs: 1501n,
    timeoutGraceMs: 5000n,
    outputCredit: 1 << 20,
  });
});

test.each([0, 1, 42, 255])('exit code %d is a result, not an error', async (code) => {
  const execution = await agent.session.exec('exit', [String(code)]);
  expect(await execution.wait()).toMatchObject({ exitCode: code, signal: null });
});

test('a command that cannot be started is an Execution error with the reason', async () => {
  await expect(agent.session.exec('frob', ['x'])).rejects.toMatchObject({
    code: 'Execution',
    reason: 'command-not-found',
    message: "Could not run 'frob': frob: not found in PATH",
  });
});

test.each([
  [undefined, 9, 'SIGKILL'],
  ['SIGTERM', 15, 'SIGTERM'],
  [35, 35, 'SIGRTMIN+1'],
] as const)('kill(%s) sends signal %d', async (signal, number, name) => {
  const execution = await agent.session.exec('sleep');
  await execution.kill(signal);
  expect(await execution.wait()).toMatchObject({ exitCode: null, signal: name });
  expect(agent.execs.at(-1)?.signals).toEqual([number]);
  await execution.kill();
});

test('kill refuses what is no signal', async () => {
  const execution = await agent.session.exec('true');
  await expect(execution.kill('SIGFROB' as NodeJS.Signals)).rejects.toMatchObject({ code: 'InvalidArgument' });
});

test('resize tells the guest, of a command that has a terminal', async () => {
  const execution = await agent.session.exec('sleep', [], { tty: true });
  await execution.resize({ rows: 5, columns: 7 });
  await execution.kill('SIGTERM');
  await execution.wait();
  expect(agent.execs.at(-1)?.sizes).toEqual([{ rows: 5, columns: 7 }]);
  await expect(execution.resize({ rows: 0, columns: 7 })).rejects.toMatchObject({ code: 'InvalidArgument' });
  await execution.resize({ rows: 1, columns: 1 });
  const other = await agent.session.exec('true');
  await expect(other.resize({ rows: 1, columns: 1 })).rejects.toMatchObject({ code: 'InvalidState' });
});

test('an AbortSignal kills, and everything fails with an AbortError', async () => {
  const abort = new AbortController();
  const execution = await agent.session.exec('sleep', [], { signal: abort.signal, stdin: 'pipe' });
  const waiting = expect(execution.wait()).rejects.toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', cause: 'enough' });
  const reading = expect(text(execution.stdout)).rejects.toMatchObject({ name: 'AbortError' });
  const fake = agent.execs.at(-1);
  abort.abort('enough');
  await Promise.all([waiting, reading]);
  await expect(execution.wait()).rejects.toMatchObject({ name: 'AbortError' });
  expect(execution.stdin.destroyed && execution.stderr.destroyed).toBe(true);
  while (!fake?.cancelled) await fake?.change();
});

test('a signal that fired already starts nothing', async () => {
  const before = agent.execs.length;
  await expect(agent.session.exec('true', [], { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  expect(agent.execs).toHaveLength(before);
});

test('a reader who is slow on stdout gets everything, and holds back neither stderr nor the memory', async () => {
  const total = 8 << 20;
  const execution = await agent.session.exec('both', [String(total)]);
  const fake = agent.execs.at(-1);
  expect(await size(execution.stderr)).toBe(total);
  // Stdout has stood still at its credit meanwhile.
  expect(fake?.credit.stdout).toBe(0);
  expect(execution.stdout.readableLength).toBeLessThanOrEqual(64 * 1024);
  expect(await size(execution.stdout)).toBe(total);
  expect(await execution.wait()).toMatchObject({ exitCode: 0 });
});

test('an output that was destroyed holds nobody up', async () => {
  const execution = await agent.session.exec('zeros', [String(4 << 20)]);
  execution.stdout.destroy();
  execution.stderr.destroy();
  expect(await execution.wait()).toMatchObject({ exitCode: 0 });
});

test('an output can be read in any way', async () => {
  const paused = await agent.session.exec('zeros', ['100000', '777']);
  let bytes = 0;
  paused.stdout.on('readable', () => {
    for (let chunk = paused.stdout.read() as Buffer | null; chunk; chunk = paused.stdout.read() as Buffer | null) bytes += chunk.length;
  });
  await once(paused.stdout, 'end');
  expect(bytes).toBe(100_000);

  const late = await agent.session.exec('echo', ['x']);
  await late.wait();
  late.stdout.setEncoding('utf8');
  expect(await once(late.stdout, 'data')).toEqual(['x\n']);
});

test('executions side by side do not mix', async () => {
  const words = Array.from({ length: 50 }, (_, index) => `word ${index}`);
  const outputs = await Promise.all(words.map(async (word) => text((await agent.session.exec('echo', [word])).stdout)));
  expect(outputs).toEqual(words.map((word) => `${word}\n`));
});

test('a signal that is used for many executions keeps no listeners', async () => {
  const { signal } = new AbortController();
  const added = jest.spyOn(signal, 'addEventListener');
  const removed = jest.spyOn(signal, 'removeEventListener');
  for (let round = 0; round < 30; round++) {
    const execution = await agent.session.exec(round % 3 === 0 ? 'echo' : 'true', [], { signal });
    execution.stdout.resume();
    await once(execution.stdout.resume(), 'end');
  }
  await expect(agent.session.exec('frob', [], { signal })).rejects.toThrow();
  await agent.session.ping();
  expect(removed).toHaveBeenCalledTimes(added.mock.calls.length);
});

test('executions fail with the reason for which the session was closed', async () => {
  await using other = await startFakeAgent();
  const execution = await other.session.exec('sleep', [], { stdin: 'pipe' });
  const unobserved = await other.session.exec('sleep', [], { stdin: 'pipe' });
  const reason = new BoxliteError('Stopped', 'Box b1 was stopped');
  const waiting = expect(execution.wait()).rejects.toBe(reason);
  const reading = expect(text(execution.stdout)).rejects.toBe(reason);
  other.session.close(reason);
  await Promise.all([waiting, reading, other.session.closed]);
  await expect(unobserved.wait()).rejects.toBe(reason);
  await expect(other.session.exec('true')).rejects.toBe(reason);
});

test('executions fail with what the VM died of, which is known a moment after the connection was lost', async () => {
  await using other = await startFakeAgent();
  const execution = await other.session.exec('sleep', [], { stdin: 'pipe' });
  const died = new BoxliteError('Engine', 'the VM has died', { reason: 'vm-died' });
  other.session.onLost(async () => {
    await new Promise(setImmediate);
    other.session.close(died);
  });
  const failing = [execution.wait(), execution.waitForOutput(), text(execution.stdout), text(execution.stderr)];
  const failed = Promise.all(failing.map((each) => expect(each).rejects.toBe(died)));
  other.portal.cut();
  await failed;
});

test('executions fail with a Portal error when the VM is gone', async () => {
  await using other = await startFakeAgent();
  const execution = await other.session.exec('sleep');
  other.portal.cut();
  await expect(execution.wait()).rejects.toMatchObject({ code: 'Portal', reason: 'connection-lost' });
  await other.session.closed;
  expect(other.session.closeReason).toMatchObject({ code: 'Portal' });
});
