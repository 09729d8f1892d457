import { text } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { Stdio } from '@boxlite/shared/protocol';

import { startFakeAgent } from '../testing/fake-agent.js';
import type { FakeExec } from '../testing/fake-exec.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Runs a lie, and returns what the host says of it, from exec itself or from wait. */
const catchOut = async (lie: (exec: FakeExec) => unknown): Promise<unknown> => {
  await using agent = await startFakeAgent({ programs: { lie: (exec) => void lie(exec) } });
  const error: unknown = await agent.session
    .exec('lie', [], { stdin: 'pipe' })
    .then((execution) => execution.wait())
    .catch((cause: unknown) => cause);
  // The session outlives it.
  expect(await agent.session.ping(Buffer.from('x'))).toEqual(Buffer.from('x'));
  return error;
};

const flood = (exec: FakeExec): void => {
  exec.started();
  for (let chunk = 0; chunk < 17; chunk++) exec.send({ $case: 'stdout', value: Buffer.alloc(65536) });
};

test.each<[string, (exec: FakeExec) => unknown]>([
  ['output before started', (exec) => exec.send({ $case: 'stdout', value: Buffer.from('x') })],
  ['exited before started', (exec) => exec.exited(0)],
  ['started twice', (exec) => [exec.started(), exec.started()]],
  ['a process without a number', (exec) => exec.started(0, 0)],
  ['output without credit', flood],
  ['empty output', (exec) => [exec.started(), exec.send({ $case: 'stderr', value: Buffer.alloc(0) })]],
  ['output after its end', (exec) => [exec.started(), exec.close('stdout'), exec.send({ $case: 'stdout', value: Buffer.from('x') })]],
  ['an end twice', (exec) => [exec.started(), exec.close('stderr'), exec.close('stderr')]],
  ['the end of nothing', (exec) => [exec.started(), exec.send({ $case: 'closed', value: { stdio: Stdio.STDIO_UNSPECIFIED } })]],
  ['the end of an unknown thing', (exec) => [exec.started(), exec.send({ $case: 'closed', value: { stdio: 77 as Stdio } })]],
  ['credit for stdout', (exec) => [exec.started(), exec.send({ $case: 'credit', value: { stdio: Stdio.STDIO_STDOUT, bytes: 1 } })]],
  ['flushed before exited', (exec) => [exec.started(), exec.flushed('stdout')]],
  ['exit code 256', (exec) => [exec.started(), exec.exited(256)]],
  ['signal 0', (exec) => [exec.started(), exec.exited(undefined, 0)]],
  ['signal 65', (exec) => [exec.started(), exec.exited(undefined, 65)]],
  ['an exit code and a signal', (exec) => [exec.started(), exec.exited(0, 9)]],
  ['neither exit code nor signal', (exec) => [exec.started(), exec.exited(undefined)]],
  ['an unknown kind of message', (exec) => [exec.started(), exec.send(undefined)]],
  ['the end of the call before started', (exec) => exec.call.end()],
  ['the end of the call before exited', (exec) => [exec.started(), exec.close('stdout'), exec.close('stderr'), exec.call.end()]],
])('%s is caught', async (_name, lie) => {
  const error = await catchOut(lie);
  expect(error).toMatchObject({ code: 'Portal', reason: 'protocol-violation' });
  expect((error as Error).message).toMatch(/^Could not run 'lie': the guest agent broke the protocol \(/);
});

test('the end of the call before the outputs end fails these', async () => {
  await using agent = await startFakeAgent({
    programs: {
      lie: (exec) => {
        exec.started();
        exec.exited(0);
        exec.call.end();
      },
    },
  });
  const execution = await agent.session.exec('lie');
  await expect(text(execution.stdout)).rejects.toMatchObject({ code: 'Portal', reason: 'protocol-violation' });
  expect(await execution.wait()).toMatchObject({ exitCode: 0 });
});

test.each<[string, (exec: FakeExec) => unknown]>([
  ['exited twice', (exec) => exec.exited(4)],
  ['flushed twice', (exec) => [exec.flushed('stderr'), exec.flushed('stderr')]],
  ['flushed after closed', (exec) => [exec.close('stderr'), exec.flushed('stderr')]],
])('%s cuts the call, but what was told stays', async (_name, lie) => {
  await using agent = await startFakeAgent({
    programs: {
      lie: (exec) => {
        exec.started();
        exec.exited(3);
        lie(exec);
      },
    },
  });
  const execution = await agent.session.exec('lie');
  await expect(text(execution.stdout)).rejects.toMatchObject({ code: 'Portal' });
  expect(await execution.wait()).toMatchObject({ exitCode: 3 });
});

test('a huge message is refused before it is held', async () => {
  const error = await catchOut((exec) => {
    exec.started();
    exec.send({ $case: 'stdout', value: Buffer.alloc(3 << 20) });
  });
  expect(error).toMatchObject({ code: 'ResourceExhausted' });
});

test('many tiny chunks that nobody reads take little memory', async () => {
  await using agent = await startFakeAgent();
  const execution = await agent.session.exec('zeros', ['40000', '1']);
  collectGarbage();
  const before = process.memoryUsage();
  expect(await execution.wait()).toMatchObject({ exitCode: 0 });
  collectGarbage();
  const after = process.memoryUsage();
  expect(after.external + after.heapUsed - before.external - before.heapUsed).toBeLessThan(4 << 20);
  let bytes = 0;
  for await (const chunk of execution.stdout as AsyncIterable<Buffer>) bytes += chunk.length;
  expect(bytes).toBe(40_000);
});

test('a guest that never answers is left by a signal, and by the timeout of the command', async () => {
  await using agent = await startFakeAgent({ programs: { mute: () => undefined, stubborn: (exec) => exec.started() } });
  await expect(agent.session.exec('mute', [], { signal: AbortSignal.timeout(30) })).rejects.toMatchObject({ name: 'AbortError' });

  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  try {
    const execution = await agent.session.exec('stubborn', [], { timeoutMs: 100 });
    const waiting = expect(execution.wait()).rejects.toMatchObject({ code: 'Portal', reason: 'timeout-ignored' });
    jest.advanceTimersByTime(15_101);
    await waiting;
  } finally {
    jest.useRealTimers();
  }
});

test("a guest's words cannot play with a terminal", async () => {
  await using agent = await startFakeAgent({
    programs: { lie: (exec) => void exec.call.emit('error', { code: 9, details: '\u001b]0;owned\u0007\nrm -rf' }) },
  });
  await expect(agent.session.exec('lie\u001b[31m')).rejects.toMatchObject({ message: expect.stringMatching(/^[ -~]*$/) });
});
