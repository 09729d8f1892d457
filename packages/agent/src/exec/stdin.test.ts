import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { buffer, text } from 'node:stream/consumers';

import { type FakeAgent, startFakeAgent } from '../testing/fake-agent.js';

let agent: FakeAgent;
beforeAll(async () => {
  agent = await startFakeAgent();
});
afterAll(async () => {
  await agent[Symbol.asyncDispose]();
});

const big = Buffer.alloc(3 << 20, 'stdin ');

test.each<[string, () => Readable | Buffer | string, Buffer]>([
  ['a string', () => 'grüße', Buffer.from('grüße')],
  ['an empty string', () => '', Buffer.alloc(0)],
  ['a Buffer beyond all credit', () => big, big],
  ['a Readable', () => Readable.from([big.subarray(0, 70_000), big.subarray(70_000)]), big],
  ['a Readable of strings', () => Readable.from(['a', 'b']), Buffer.from('ab')],
])('%s is what the command reads', async (_name, stdin, expected) => {
  const execution = await agent.session.exec('cat', [], { stdin: stdin() });
  expect((await buffer(execution.stdout)).equals(expected)).toBe(true);
  expect(await execution.wait()).toMatchObject({ exitCode: 0 });
});

test('a pipe is written with back-pressure and ended', async () => {
  const execution = await agent.session.exec('cat', [], { stdin: 'pipe' });
  const copying = pipeline(Readable.from([big]), execution.stdin);
  expect((await buffer(execution.stdout)).equals(big)).toBe(true);
  await copying;
});

test('many small writes become few messages', async () => {
  const execution = await agent.session.exec('cat', [], { stdin: 'pipe' });
  for (let index = 0; index < 10_000; index++) execution.stdin.write(`${index}\n`);
  execution.stdin.end();
  const lines = (await text(execution.stdout)).split('\n');
  expect(lines).toHaveLength(10_001);
  expect(lines[9999]).toBe('9999');
});

test('without credit nothing is sent, and a write is not done', async () => {
  await using thrifty = await startFakeAgent({ programs: { thrifty: (exec) => exec.started(10) } });
  const execution = await thrifty.session.exec('thrifty', [], { stdin: 'pipe' });
  let done = false;
  execution.stdin.write('0123456789abc', () => (done = true));
  const exec = thrifty.execs[0];
  const chunk = await Promise.race([exec?.read(), thrifty.session.ping().then(() => thrifty.session.ping())]);
  expect(chunk?.toString()).toBe('0123456789');
  expect(done).toBe(false);
  // Reading has given as much credit again.
  expect((await exec?.read())?.toString()).toBe('abc');
  while (!done) await thrifty.session.ping();
});

test('without the option stdin is ended from the start', async () => {
  const execution = await agent.session.exec('true');
  expect(execution.stdin.writableEnded).toBe(true);
  expect(agent.execs.at(-1)?.start.stdin).toBe(false);
});

test('a command that closes stdin breaks the pipe, and that alone ends nothing', async () => {
  const execution = await agent.session.exec('head', [], { stdin: 'pipe' });
  execution.stdin.write('ab');
  expect((await once(execution.stdout, 'data'))[0]).toEqual(Buffer.from('a'));
  // Nobody listens for the error.
  const code = await new Promise((resolve) => {
    const write = (): void => {
      execution.stdin.write('more', (error) => {
        if (error) resolve((error as NodeJS.ErrnoException).code);
        else write();
      });
    };
    write();
  });
  expect(code).toBe('EPIPE');
  expect(execution.stdin.destroyed).toBe(true);
  await execution.kill();
  expect(await execution.wait()).toMatchObject({ exitCode: 0 });
});

test('a write that waits for credit fails when the command closes stdin', async () => {
  await using thrifty = await startFakeAgent({
    programs: {
      thrifty: (exec) => {
        exec.started(0);
        exec.close('stdin');
      },
    },
  });
  const execution = await thrifty.session.exec('thrifty', [], { stdin: 'pipe' });
  execution.stdin.write('x');
  expect((await once(execution.stdin, 'error'))[0]).toMatchObject({ code: 'EPIPE', syscall: 'write' });
});

test('a source that the command does not read to its end is destroyed', async () => {
  const source = new PassThrough();
  source.write(big);
  const execution = await agent.session.exec('head', [], { stdin: source });
  execution.stdout.resume();
  await once(source, 'close');
  await execution.kill();
  expect(await execution.wait()).toMatchObject({ exitCode: 0 });
});

test('a source that breaks off kills the command: half of the data must not pass for all', async () => {
  const source = new PassThrough();
  const execution = await agent.session.exec('cat', [], { stdin: source });
  source.write('half');
  await once(execution.stdout, 'data');
  const exec = agent.execs.at(-1);
  source.destroy(new Error('disk on fire'));
  await expect(execution.wait()).rejects.toMatchObject({
    code: 'Execution',
    reason: 'stdin-failed',
    message: expect.stringContaining('disk on fire'),
  });
  while (!exec?.cancelled) await exec?.change();

  const closed = new PassThrough();
  const second = await agent.session.exec('cat', [], { stdin: closed });
  closed.destroy();
  await expect(second.wait()).rejects.toMatchObject({ reason: 'stdin-failed' });
});

test('destroying a pipe lets the command read an end of file', async () => {
  const execution = await agent.session.exec('cat', [], { stdin: 'pipe' });
  execution.stdin.destroy();
  expect(await text(execution.stdout)).toBe('');
});
