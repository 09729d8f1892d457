import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Home } from './support/home.js';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('boxlite run', () => {
  let home: Home;

  beforeAll(async () => {
    home = await Home.make();
  });

  // What one test leaves is that test's failure alone.
  afterEach(() => home.removeBoxes());

  afterAll(() => home[Symbol.asyncDispose]());

  it('does the main job', async () => {
    expect(await home.run(['run', '--rm', '--', 'echo', 'hello from a VM'])).toMatchObject({
      exitCode: 0,
      stdout: 'hello from a VM\n',
      stderr: expect.not.stringContaining('rror'),
    });
  });

  it('does not wait, at Ctrl-C, for what only later commands gain from', async () => {
    // A disk of another size, so that there is no template of the image yet.
    const running = home.spawn(['run', '--rm', '--disk', '1g', '--', 'echo', 'done']);
    running.child.stdin.end();
    await running.printed('done');
    running.signal('SIGINT');
    const result = await running.ended;
    expect(result).toMatchObject({ stdout: 'done\n', stderr: '' });
    // 130 when the signal still met the command.
    expect([0, 130]).toContain(result.exitCode);
    expect(home.processes()).toEqual([]);
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
    expect(home.boxes()).toEqual([]);
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
    const stubborn = home.spawn(['run', '--rm', '--', 'sh', '-c', 'trap "echo caught" INT; echo ready; while :; do sleep 0.1; done']);
    await stubborn.printed('ready');
    let ended = false;
    const end = stubborn.ended.then(() => {
      ended = true;
    });
    // Three are enough where they come within two seconds.
    for (let sent = 1; !ended; sent += 1) {
      stubborn.signal('SIGINT');
      await Promise.race([stubborn.printed('caught').catch(() => end), end]);
      expect(sent).toBeLessThan(50);
    }
    expect(await stubborn.ended).toMatchObject({ exitCode: 137 });
  });

  it('gives up a start at Ctrl-C, and leaves nothing', async () => {
    // Of a shape of its own, so that a machine has to boot: that takes longer than it takes to notice that it does.
    const starting = home.nextStart();
    const running = home.spawn(['run', '--memory', '300', '--', 'echo', 'never']);
    await starting;
    running.signal('SIGINT');
    expect(await running.ended).toMatchObject({ exitCode: 130, stdout: '', stderr: '' });
    expect(home.processes()).toEqual([]);
    expect(home.boxes()).toEqual([]);
  });

  it('ends with its reader, at once and without noise', async () => {
    const result = await home.shell('boxlite run --rm -- sh -c "echo ready; exec yes" | head -1; echo "${PIPESTATUS[0]}"');
    expect(result).toMatchObject({ stdout: 'ready\n141\n', stderr: '' });
    expect(home.processes()).toEqual([]);
  });

  it('says that the output cannot be written', async () => {
    const result = await home.shell('boxlite run --rm -- echo hello > /dev/full');
    expect(result).toMatchObject({ exitCode: 125, stderr: expect.stringMatching(/^boxlite: cannot write the output: .*ENOSPC/) });
  });

  it('keeps the Box with its files unless --rm', async () => {
    const script = 'echo said; echo err >&2; echo data $(ls /file* | wc -l) >> /file; exit 3';
    expect(await home.run(['run', '--name', 'kept', '--', 'sh', '-c', script])).toMatchObject({ exitCode: 3 });
    expect(JSON.parse((await home.run(['ps', '-a', '--filter', 'name=kept', '--json'])).stdout)).toMatchObject([
      { name: 'kept', status: 'stopped', pid: null, exitCode: 3 },
    ]);
    expect(await home.run(['exec', 'kept', 'cat', '/file'])).toMatchObject({
      exitCode: 125,
      stderr: expect.stringContaining('start -a kept'),
    });
    // Its command is not run for that.
    expect(await home.run(['cp', '-q', 'kept:/file', join(home.path, 'file')])).toMatchObject({ exitCode: 0, stderr: '' });
    expect(readFileSync(join(home.path, 'file'), 'utf8')).toBe('data 0\n');
    expect(await home.run(['start', 'kept'])).toMatchObject({ exitCode: 125, stderr: expect.stringContaining('boxlite start -ai kept') });
    expect(await home.run(['start', '-a', 'kept'])).toMatchObject({ exitCode: 3, stdout: 'said\n', stderr: 'err\n' });
    expect(await home.run(['logs', 'kept'])).toMatchObject({ exitCode: 0, stdout: 'said\n', stderr: 'err\n' });
    expect(await home.run(['run', '--name', 'kept', '--', 'true'])).toMatchObject({
      exitCode: 125,
      stderr: expect.stringContaining("'kept'"),
    });
    expect(await home.run(['rm', 'kept'])).toMatchObject({ exitCode: 0, stdout: 'kept\n' });
  });

  it('says what its machine died of, and keeps the Box with that', async () => {
    const running = home.spawn(['run', '--name', 'dies', '--', 'sh', '-c', 'echo ready; exec sleep 1000']);
    await running.printed('ready');
    const inspected = async (): Promise<unknown> => (JSON.parse((await home.run(['inspect', 'dies'])).stdout) as unknown[])[0];
    process.kill(((await inspected()) as { pid: number }).pid, 'SIGKILL');
    expect(await running.ended).toMatchObject({ exitCode: 125, stderr: expect.stringMatching(/^boxlite: .*(ended|was lost)/) });
    const error = { code: 'Engine', message: expect.stringMatching(/ended by itself \(signal SIGKILL\)/) };
    expect(await inspected()).toMatchObject({ status: 'failed', stopReason: null, error });
    expect(await home.run(['rm', 'dies'])).toMatchObject({ exitCode: 0 });
  });

  it('leaves no machine when it is killed', async () => {
    const running = home.spawn(['run', '--rm', '--', 'sh', '-c', 'echo ready; exec sleep 1000']);
    await running.printed('ready');
    running.signal('SIGKILL');
    await running.ended;
    for (let i = 0; home.processes().length > 0 && i < 300; i += 1) await delay(100);
    expect(home.processes()).toEqual([]);
    expect(await home.run(['ps', '-aq'])).toMatchObject({ exitCode: 0, stdout: '' });
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
    expect(home.boxes()).toEqual([]);
  });
});
