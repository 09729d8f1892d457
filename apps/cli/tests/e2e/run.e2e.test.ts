import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Home } from './support/home.js';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('boxlite run', () => {
  let home: Home;

  beforeAll(async () => {
    home = await Home.make();
  });

  afterAll(() => home[Symbol.asyncDispose]());

  it('does the main job', async () => {
    expect(await home.run(['run', '--rm', '--', 'echo', 'hello from a VM'])).toMatchObject({
      exitCode: 0,
      stdout: 'hello from a VM\n',
      stderr: expect.not.stringContaining('rror'),
    });
  });

  it('keeps stdout and stderr apart, and passes the exit code through', async () => {
    const result = await home.run([
      'run',
      '--rm',
      '-q',
      '-e',
      'A=hé',
      '-w',
      '/tmp',
      '-u',
      'nobody',
      '--hostname',
      'h1',
      '--',
      'sh',
      '-c',
      'echo "$A $PWD $(id -un) $(hostname)"; echo err >&2; exit 42',
    ]);
    expect(result).toMatchObject({ exitCode: 42, stdout: 'hé /tmp nobody h1\n', stderr: 'err\n' });
  });

  it('brings megabytes through a pipe, and from a file, unchanged', async () => {
    const input = randomBytes(8 << 20);
    const piped = await home.run(['run', '--rm', '--', 'cat'], { input });
    expect(piped.exitCode).toBe(0);
    expect(sha256(piped.bytes)).toBe(sha256(input));
    const file = join(home.path, 'input');
    writeFileSync(file, input);
    const { stdout } = await home.shell(`boxlite run --rm -- sha256sum < ${file}`);
    expect(stdout).toBe(`${sha256(input)}  -\n`);
  });

  it('runs what the image names when no command is given', async () => {
    expect(await home.run(['run', '--rm', 'boxlite.local/busybox:latest'], { input: 'echo from the shell; exit 3\n' })).toMatchObject({
      exitCode: 3,
      stdout: 'from the shell\n',
    });
  });

  it('is 137 when the command is killed, and 124 at its timeout', async () => {
    expect(await home.run(['run', '--rm', '--', 'sh', '-c', 'kill -9 $$'])).toMatchObject({ exitCode: 137 });
    expect(await home.run(['run', '--rm', '--timeout', '300ms', '--', 'sleep', '1000'])).toMatchObject({
      exitCode: 124,
      stderr: expect.stringContaining('--timeout'),
    });
  });

  it('is 127 for what is not there and 126 for what is no program', async () => {
    const missing = await home.run(['run', '--rm', '--', 'no-such-command']);
    expect(missing).toMatchObject({ exitCode: 127, stdout: '', stderr: expect.stringMatching(/^boxlite: .*no-such-command/) });
    expect(await home.run(['run', '--rm', '--', '/etc/passwd'])).toMatchObject({
      exitCode: 126,
      stderr: expect.stringMatching(/^boxlite: /),
    });
    expect((await home.run(['ps', '-aq'])).stdout).toBe('');
  });

  it('passes Ctrl-C on to a command that handles it, and to one that does not', async () => {
    const handles = home.spawn([
      'run',
      '--rm',
      '--',
      'sh',
      '-c',
      'trap "echo caught; exit 7" INT; echo ready; while :; do sleep 0.1; done',
    ]);
    await handles.printed('ready');
    handles.signal('SIGINT');
    expect(await handles.ended).toMatchObject({ exitCode: 7, stdout: 'ready\ncaught\n', stderr: '' });
    const dies = home.spawn(['run', '--rm', '--', 'sh', '-c', 'echo ready; exec sleep 1000']);
    await dies.printed('ready');
    dies.signal('SIGINT');
    expect(await dies.ended).toMatchObject({ exitCode: 130, stderr: '' });
    expect(home.processes()).toEqual([]);
  });

  it('kills at the third Ctrl-C', async () => {
    const stubborn = home.spawn(['run', '--rm', '--', 'sh', '-c', 'trap "" INT TERM; echo ready; while :; do sleep 0.1; done']);
    await stubborn.printed('ready');
    for (let i = 0; i < 3; i += 1) {
      stubborn.signal('SIGINT');
      await delay(200);
    }
    expect(await stubborn.ended).toMatchObject({ exitCode: 137 });
  });

  it('gives up a start at Ctrl-C, and leaves nothing', async () => {
    const running = home.spawn(['run', '--', 'echo', 'never']);
    await delay(700);
    running.signal('SIGINT');
    const begin = Date.now();
    const result = await running.ended;
    if (result.stdout === '') expect(result).toMatchObject({ exitCode: 130, stderr: '' });
    expect(Date.now() - begin).toBeLessThan(2_000);
    expect(home.processes()).toEqual([]);
    expect((await home.run(['ps', '-aq'])).stdout).toBe('');
  });

  it('ends with its reader, at once and without noise', async () => {
    const begin = Date.now();
    const result = await home.shell('boxlite run --rm -- sh -c "echo ready; exec yes" | head -1; echo "${PIPESTATUS[0]}"');
    expect(result).toMatchObject({ stdout: 'ready\n141\n', stderr: '' });
    expect(Date.now() - begin).toBeLessThan(60_000);
    expect(home.processes()).toEqual([]);
  });

  it('says that the output cannot be written', async () => {
    const result = await home.shell('boxlite run --rm -- echo hello > /dev/full');
    expect(result).toMatchObject({ exitCode: 125, stderr: expect.stringMatching(/^boxlite: cannot write the output: .*ENOSPC/) });
  });

  it('keeps the Box with its files unless --rm', async () => {
    expect(await home.run(['run', '--name', 'kept', '--', 'sh', '-c', 'echo data > /file'])).toMatchObject({ exitCode: 0 });
    expect(JSON.parse((await home.run(['ps', '-a', '--json'])).stdout)).toMatchObject([{ name: 'kept', status: 'stopped', pid: null }]);
    expect(await home.run(['exec', 'kept', 'cat', '/file'])).toMatchObject({ exitCode: 0, stdout: 'data\n' });
    expect(await home.run(['start', 'kept'])).toMatchObject({ exitCode: 125, stderr: expect.stringContaining('boxlite exec kept') });
    expect(await home.run(['run', '--name', 'kept', '--', 'true'])).toMatchObject({
      exitCode: 125,
      stderr: expect.stringContaining("'kept'"),
    });
    expect(await home.run(['rm', 'kept'])).toMatchObject({ exitCode: 0, stdout: 'kept\n' });
  });

  it('leaves no machine when it is killed', async () => {
    const running = home.spawn(['run', '--rm', '--', 'sh', '-c', 'echo ready; exec sleep 1000']);
    await running.printed('ready');
    const locked = await home.run(['ps']);
    expect(locked).toMatchObject({ exitCode: 125, stderr: expect.stringContaining(`in use by process ${String(running.child.pid)};`) });
    running.signal('SIGKILL');
    await running.ended;
    for (let i = 0; home.processes().length > 0 && i < 50; i += 1) await delay(100);
    expect(home.processes()).toEqual([]);
    expect((await home.run(['ps', '-aq'])).stdout).toBe('');
  });

  it.each([
    [['run', '--memory', '-1', '--', 'true'], /--memory/],
    [['run', '--memory', '1', '--', 'true'], /--memory \(in MiB\) is 1;/],
    [['run', '--cpus', '0', '--', 'true'], /--cpus is 0;/],
    [['run', '--cpus', 'NaN', '--', 'true'], /NaN/],
    [['run', '--network', 'bridge', '--', 'true'], /network mode 'bridge' is not supported.*; use --network none$/m],
    [['run', '--timeout', '0', '--', 'true'], /--timeout.* above 0/],
    [['run', '-w', 'relative', '--', 'true'], /--workdir is "relative";/],
    [['run', '-u', 'nosuchuser', '--rm', '--', 'true'], /nosuchuser/],
    [['run', 'Not/AnImage', 'true'], /lower-case/],
    [['run', '127.0.0.1:1/none', 'true'], /127\.0\.0\.1:1/],
    [['run', '--pull', 'never', 'debian:12', 'true'], /debian:12/],
    [['run', '--rootfs', '/no/such', '--', 'true'], /\/no\/such/],
    [['exec', 'nobody', 'true'], /no Box 'nobody'; 'boxlite ps --all' shows/],
  ] as [string[], RegExp][])('%j is refused in one or two lines', async (args, message) => {
    const result = await home.run(args);
    expect(result).toMatchObject({ exitCode: 125, stdout: '', stderr: expect.stringMatching(message) });
    expect(result.stderr).toMatch(/^boxlite: /);
    expect(result.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
    expect((await home.run(['ps', '-aq'])).stdout).toBe('');
  });
});
