import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { BoxliteRuntime, LiteBox } from '@boxlite/core';
import { debian, openRuntime, spawnBox } from './support/boxes.js';

describe('exec in a Debian Box', () => {
  let runtime: BoxliteRuntime;
  let box: LiteBox;

  beforeAll(async () => {
    runtime = await openRuntime();
    box = await spawnBox(runtime, debian());
  });

  afterAll(async () => {
    await box[Symbol.asyncDispose]();
    await runtime.close();
  });

  const sh = (script: string, options = {}) => box.run('sh', ['-c', script], options);

  it('gives back unicode as it was printed', async () => {
    const result = await box.run('python3', ['-c', 'print("grüße, 世界, 🚀, \\u0301")']);
    expect(result).toMatchObject({ exitCode: 0, signal: null, stdout: 'grüße, 世界, 🚀, \u0301\n', stderr: '' });
  });

  it('keeps stdout and stderr apart', async () => {
    expect(await sh('echo out; echo err >&2')).toMatchObject({ stdout: 'out\n', stderr: 'err\n' });
  });

  it('reports every exit code from 0 to 255', async () => {
    const codes = Array.from({ length: 256 }, (_, code) => code);
    const seen: (number | null)[] = [];
    for (let at = 0; at < codes.length; at += 16) {
      seen.push(...(await Promise.all(codes.slice(at, at + 16).map((code) => sh(`exit ${String(code)}`)))).map(({ exitCode }) => exitCode));
    }
    expect(seen).toEqual(codes);
  });

  it.each(['SIGTERM', 'SIGKILL', 'SIGSEGV', 'SIGINT', 'SIGHUP'] as const)('reports an end by %s', async (signal) => {
    expect(await sh(`kill -${signal.slice(3)} $$`)).toMatchObject({ exitCode: null, signal, timedOut: false });
  });

  it('sends a signal to the whole process group', async () => {
    const execution = await box.exec('sh', ['-c', 'sleep 1000 & echo started; wait']);
    await new Promise((resolve) => execution.stdout.once('data', resolve));
    await execution.kill('SIGTERM');
    expect(await execution.wait()).toMatchObject({ exitCode: null, signal: 'SIGTERM' });
    const left = await sh('grep -l "sleep" /proc/[0-9]*/comm 2>/dev/null | wc -l');
    expect(left.stdout.trim()).toBe('0');
  });

  it('lets a process handle a signal', async () => {
    const execution = await box.exec('sh', ['-c', 'trap "echo caught; exit 7" TERM; echo ready; while :; do sleep 0.05; done']);
    const chunks: Buffer[] = [];
    for await (const chunk of execution.stdout) {
      if (chunks.length === 0) await execution.kill('SIGTERM');
      chunks.push(chunk as Buffer);
    }
    expect(Buffer.concat(chunks).toString()).toBe('ready\ncaught\n');
    expect(await execution.wait()).toMatchObject({ exitCode: 7, signal: null });
  });

  it('runs 20 commands at the same time, each with its own output', async () => {
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, n) => sh(`echo begin ${String(n)}; sleep 0.2; echo end ${String(n)}`)),
    );
    expect(results.map(({ stdout }) => stdout)).toEqual(Array.from({ length: 20 }, (_, n) => `begin ${String(n)}\nend ${String(n)}\n`));
  });

  it('passes environment, working directory and user', async () => {
    const result = await sh('echo "$GREETING|$PWD|$(id -un):$(id -gn)|$HOME"', {
      env: { GREETING: 'hé=llo' },
      workingDir: '/var/tmp',
      user: 'nobody',
    });
    expect(result.stdout).toBe('hé=llo|/var/tmp|nobody:nogroup|/nonexistent\n');
    expect((await sh('id -u; id -g', { user: '1234:4321' })).stdout).toBe('1234\n4321\n');
  });

  it('makes a working directory that is missing', async () => {
    expect((await box.run('pwd', [], { workingDir: '/new/place' })).stdout).toBe('/new/place\n');
  });

  it('is given what cannot be read to its end: the command is killed, and the program goes on', async () => {
    const missing = createReadStream('/there/is/no/such/file');
    await expect(box.run('cat', [], { stdin: missing })).rejects.toMatchObject({
      code: 'Execution',
      reason: 'stdin-failed',
      message: expect.stringContaining('ENOENT') as string,
    });
    const objects = Readable.from([{ not: 'bytes' }]);
    await expect(box.run('wc', ['-c'], { stdin: objects })).rejects.toMatchObject({ code: 'Execution', reason: 'stdin-failed' });
    await expect(box.files.write('/tmp/missing', createReadStream('/there/is/no/such/file'))).rejects.toMatchObject({
      code: 'InvalidArgument',
      reason: 'data-failed',
    });
    await expect(box.run('cat', [], { stdin: 5 as unknown as string })).rejects.toMatchObject({ code: 'InvalidArgument' });
    const ended = Readable.from([]);
    for await (const _ of ended);
    expect(await box.run('cat', [], { stdin: ended })).toMatchObject({ stdout: '', exitCode: 0 });
    expect(await box.run('cat', [], { stdin: new Uint8Array([0x61]) })).toMatchObject({ stdout: 'a' });
    expect(await box.run('cat', [], { stdin: Readable.from(['a', Buffer.from('b')]) })).toMatchObject({ stdout: 'ab' });
  });

  it('passes stdin and its end', async () => {
    expect((await box.run('cat', [], { stdin: 'to the end' })).stdout).toBe('to the end');
    expect((await box.run('cat')).stdout).toBe('');
    const execution = await box.exec('cat', [], { stdin: 'pipe' });
    execution.stdin.end('through a pipe');
    const chunks: Buffer[] = [];
    for await (const chunk of execution.stdout) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toBe('through a pipe');
  });

  it('ends a command at its timeout, and says so', async () => {
    const result = await sh('echo before; sleep 1000', { timeoutMs: 300 });
    expect(result).toMatchObject({ timedOut: true, exitCode: null, signal: 'SIGTERM', stdout: 'before\n' });
    expect(result.durationMs).toBeGreaterThanOrEqual(300);
  });

  it('kills what does not end at SIGTERM', async () => {
    expect(await sh('trap "" TERM; while :; do sleep 0.1; done', { timeoutMs: 2_000 })).toMatchObject({
      timedOut: true,
      signal: 'SIGKILL',
    });
  });

  it('ends a command by an AbortSignal', async () => {
    const abort = new AbortController();
    const execution = await box.exec('sleep', ['1000'], { signal: abort.signal });
    abort.abort();
    await expect(execution.wait()).rejects.toThrow();
    expect((await sh('cat /proc/[0-9]*/comm | grep -c sleep')).stdout.trim()).toBe('0');
  });

  it('does not wait for background processes that hold stdout', async () => {
    const result = await sh('sleep 1000 & echo done');
    expect(result).toMatchObject({ exitCode: 0, stdout: 'done\n' });
    await sh('kill $(grep -l sleep /proc/[0-9]*/comm | cut -d/ -f3)');
  });

  it.each([
    ['a command that is not there', 'no-such-command', {}, 'command-not-found'],
    ['a path that is not there', '/no/such/file', {}, 'command-not-found'],
    ['a file that is not executable', '/etc/passwd', {}, 'command-not-executable'],
    ['a user that is not there', 'true', { user: 'nosuchuser' }, 'user-not-found'],
    ['a working directory that is a file', 'true', { workingDir: '/etc/passwd' }, 'bad-working-dir'],
  ])('refuses %s', async (_, command, options, reason) => {
    await expect(box.exec(command, [], options)).rejects.toMatchObject({ name: 'BoxliteError', code: 'Execution', reason });
  });

  it.each([
    ['a NUL in an argument', () => box.exec('echo', ['a\0b'])],
    ['a negative timeout', () => box.exec('true', [], { timeoutMs: -1 })],
    ['a timeout that is no number', () => box.exec('true', [], { timeoutMs: Number.NaN })],
    ['a variable without a name', () => box.exec('true', [], { env: { '': 'x' } })],
    ['an empty command', () => box.exec('')],
  ])('refuses %s', async (_, attempt) => {
    await expect(attempt()).rejects.toMatchObject({ code: 'InvalidArgument' });
  });

  it('rejects a failed command with check', async () => {
    await expect(sh('echo oh no >&2; exit 3', { check: true })).rejects.toMatchObject({
      code: 'Execution',
      message: expect.stringContaining('oh no') as string,
    });
  });

  it('stops collecting at maxBuffer', async () => {
    await expect(sh('head -c 100000 /dev/zero', { maxBuffer: 1000 })).rejects.toMatchObject({ code: 'ResourceExhausted' });
  });
});
