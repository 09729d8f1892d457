import { startFakeAgent, type FakeAgent } from '../testing/fake-agent.js';
import { collect } from './collect.js';
import type { RunOptions } from './exec-options.js';

let agent: FakeAgent;
beforeAll(async () => {
  agent = await startFakeAgent({
    programs: {
      fail: async (exec) => {
        exec.started();
        await exec.print('stdout', 'some');
        await exec.print('stderr', `${'x'.repeat(5000)}\nno such \u001b[31mthing\n`);
        exec.finish(3);
      },
      late: (exec) => {
        exec.started();
        exec.exited(undefined, 15, true);
        exec.close('stdout');
        exec.close('stderr');
        exec.call.end();
      },
    },
  });
});
afterAll(async () => {
  await agent[Symbol.asyncDispose]();
});

const run = <Options extends RunOptions>(command: string, args: string[] = [], options: Options = {} as Options) =>
  collect((execOptions) => agent.session.exec(command, args, execOptions), command, options);

test('collects output and status', async () => {
  expect(await run('echo', ['grüße'])).toEqual({
    exitCode: 0,
    signal: null,
    timedOut: false,
    oomKilled: false,
    durationMs: 1.5,
    stdout: 'grüße\n',
    stderr: '',
  });
});

test('takes an encoding, or none', async () => {
  expect((await run('echo', ['ü'], { encoding: 'hex' })).stdout).toBe('c3bc0a');
  const result = await run('echo', ['ü'], { encoding: 'buffer' });
  const bytes: Buffer = result.stdout;
  expect(bytes).toEqual(Buffer.from('ü\n'));
  await expect(run('echo', [], { encoding: 'ebcdic' as BufferEncoding })).rejects.toMatchObject({ code: 'InvalidArgument' });
});

test('feeds stdin', async () => {
  expect((await run('cat', [], { stdin: 'abc' })).stdout).toBe('abc');
  await expect(run('cat', [], { stdin: 'pipe' as 'closed' })).rejects.toMatchObject({ code: 'InvalidArgument' });
});

test('collects much, in whatever chunks it comes', async () => {
  expect((await run('zeros', [String(5 << 20)], { encoding: 'buffer' })).stdout).toHaveLength(5 << 20);
  expect((await run('zeros', ['20000', '1'], { encoding: 'buffer' })).stdout).toHaveLength(20_000);
});

test('a failure is a result; with check it is an error that ends with what the command said', async () => {
  expect(await run('fail')).toMatchObject({ exitCode: 3, stdout: 'some' });
  const error: unknown = await run('fail', [], { check: true }).catch((cause: unknown) => cause);
  expect(error).toMatchObject({ code: 'Execution', reason: 'non-zero-exit', cause: { exitCode: 3, stdout: 'some' } });
  expect((error as Error).message).toMatch(/^'fail' ended with exit code 3: x+ no such  \[31mthing$/);
  expect((error as Error).message.length).toBeLessThan(500);
  await expect(run('late', [], { check: true })).rejects.toMatchObject({ reason: 'timed-out' });
  await expect(run('true', [], { check: true })).resolves.toMatchObject({ exitCode: 0 });
});

test('more than maxBuffer kills the command', async () => {
  await expect(run('zeros', [String(64 << 20)], { maxBuffer: 100_000 })).rejects.toMatchObject({
    code: 'ResourceExhausted',
    reason: 'max-buffer',
    message: expect.stringContaining('100000 bytes to stdout'),
  });
  const exec = agent.execs.at(-1);
  while (!exec?.cancelled) await exec?.change();
  expect((await run('zeros', ['100000'], { maxBuffer: 100_000 })).stdout).toHaveLength(100_000);
  await expect(run('true', [], { maxBuffer: NaN })).rejects.toMatchObject({ code: 'InvalidArgument' });
});

test('does not wait for what the command leaves behind', async () => {
  expect(await run('daemon')).toMatchObject({ exitCode: 0, stdout: 'before\n' });
  expect(agent.execs.at(-1)?.cancelled).toBe(false);
});

test('aborts', async () => {
  await expect(run('sleep', [], { signal: AbortSignal.timeout(20) })).rejects.toMatchObject({ name: 'AbortError' });
});
