import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Home } from './support/home.js';

describe('a Box across commands', () => {
  let home: Home;

  beforeAll(async () => {
    home = await Home.make();
  });

  afterAll(() => home[Symbol.asyncDispose]());

  const json = async (...args: string[]): Promise<unknown> => {
    const { stdout, stderr, exitCode } = await home.run(args);
    if (exitCode !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  };

  it('is made, and does not run yet', async () => {
    const { stdout, stderr, exitCode } = await home.run(['create', '--name', 'web', '--label', 'team=ci', '-m', '256m', '-e', 'A=1']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^[0-9a-f]{12}\n$/);
    expect((await home.run(['ps'])).stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(await json('ps', '-a', '--json', '--filter', 'label=team=ci')).toMatchObject([
      { id: stdout.trim(), name: 'web', status: 'configured', memoryMib: 256, detach: true },
    ]);
  });

  it('is offered by its name where a line is completed', async () => {
    const ask = 'COMP_WORDS=(boxlite start w); COMP_CWORD=2; _boxlite; echo "${COMPREPLY[*]}"';
    expect(await home.shell(`eval "$(boxlite completion bash)"; ${ask}`)).toMatchObject({ stdout: 'web\n', stderr: '' });
    expect(await home.run(['--home', `${home.path}/none`, '__names', 'boxes'])).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  });

  it('starts, and outlives the command', async () => {
    expect(await home.run(['start', 'web'])).toMatchObject({ exitCode: 0, stdout: 'web\n', stderr: '' });
    const [box] = (await json('inspect', 'web')) as [{ pid: number; status: string; id: string; accelerator: string }];
    expect(box.status).toBe('running');
    expect(readFileSync(`/proc/${String(box.pid)}/comm`, 'utf8')).not.toBe('');
    expect((await home.run(['ps'])).stdout).toMatch(new RegExp(`${box.id} +boxlite\\.local/busybox +.* ago +Up .* 256 MiB +web\n`));
    expect(await home.run(['start', 'web'])).toMatchObject({ exitCode: 0 });
  });

  it('runs commands, with their own environment and stdin', async () => {
    expect(await home.run(['exec', 'web', 'sh', '-c', 'echo $A; exit 5'])).toMatchObject({ exitCode: 5, stdout: '1\n', stderr: '' });
    expect(
      await home.run(['exec', '-e', 'A=2', '-w', '/tmp', '-u', '1:1', 'web', '--', 'sh', '-c', 'echo "$A $PWD $(id -u)"']),
    ).toMatchObject({ stdout: '2 /tmp 1\n' });
    expect(await home.run(['exec', '-i', 'web', 'cat'], { input: 'through stdin' })).toMatchObject({
      exitCode: 0,
      stdout: 'through stdin',
    });
    expect(await home.run(['exec', 'web', 'cat'], { input: 'not without -i' })).toMatchObject({ exitCode: 0, stdout: '' });
    expect(await home.run(['exec', 'web', 'nope'])).toMatchObject({ exitCode: 127 });
  });

  it('does not wait for what a command leaves behind', async () => {
    expect(await home.run(['exec', 'web', 'sh', '-c', 'sleep 1000 & echo started'])).toMatchObject({ exitCode: 0, stdout: 'started\n' });
  });

  it('ends a command whose reader is gone', async () => {
    expect(await home.shell('boxlite exec web yes | head -1; echo "${PIPESTATUS[0]}"')).toMatchObject({ stdout: 'y\n141\n', stderr: '' });
    expect((await home.run(['exec', 'web', 'sh', '-c', 'cat /proc/[0-9]*/comm | grep -c "^yes"'])).stdout).toBe('0\n');
  });

  it('loses nothing when its reader is slow', async () => {
    const { stdout } = await home.shell('boxlite exec web sh -c "head -c 30000000 /dev/zero" | { sleep 2; wc -c; }');
    expect(stdout).toBe('30000000\n');
  });

  it('has a console, measures and a place in Prometheus', async () => {
    expect((await home.run(['logs', 'web'])).exitCode).toBe(0);
    const follow = home.spawn(['logs', '-f', '--tail', '1', 'web']);
    await delay(1_500);
    follow.signal('SIGINT');
    expect(await follow.ended).toMatchObject({ exitCode: 130, stderr: '' });
    expect(await json('metrics', '--json')).toMatchObject([{ name: 'web', guest: { memoryTotalBytes: expect.any(Number) } }]);
    expect((await home.run(['metrics', '--prometheus'])).stdout).toMatch(
      /^boxlite_box_uptime_seconds\{box="[0-9a-f]{12}",name="web"\} [0-9.]+$/m,
    );
  });

  it('shows what BoxLite stands on', async () => {
    expect(await json('info', '--json')).toMatchObject({ home: home.path, engine: { name: 'qemu' }, boxes: { total: 1, running: 1 } });
    expect((await home.run(['info'])).stdout).toMatch(/^Isolation: +(hardware|emulated)/m);
    expect(await json('images', '--json')).toMatchObject([{ reference: 'boxlite.local/busybox:latest' }]);
    expect((await home.run(['images'])).stdout).toMatch(/^boxlite\.local\/busybox +latest +[0-9a-f]{12} /m);
    expect(await json('inspect', 'boxlite.local/busybox')).toMatchObject([{ reference: 'boxlite.local/busybox:latest' }]);
    expect(await home.run(['inspect', 'nothing'])).toMatchObject({
      exitCode: 125,
      stdout: '[]\n',
      stderr: expect.stringContaining("'nothing'"),
    });
  });

  it('refuses to be removed while it runs, and stops', async () => {
    expect(await home.run(['rm', 'web'])).toMatchObject({ exitCode: 125, stderr: expect.stringContaining('running') });
    expect(await home.run(['exec', 'web', 'sh', '-c', 'echo kept > /file'])).toMatchObject({ exitCode: 0 });
    expect(await home.run(['stop', '-t', '5', 'web'])).toMatchObject({ exitCode: 0, stdout: 'web\n', stderr: '' });
    expect(home.processes()).toEqual([]);
    expect(await json('inspect', 'web')).toMatchObject([{ status: 'stopped', pid: null, error: null }]);
  });

  it('starts again with its files', async () => {
    expect(await home.run(['exec', 'web', 'cat', '/file'])).toMatchObject({ exitCode: 0, stdout: 'kept\n' });
    expect(await json('inspect', 'web')).toMatchObject([{ status: 'running' }]);
  });

  it('is removed by force', async () => {
    expect(await home.run(['rm', '-f', 'nothing', 'web'])).toMatchObject({
      exitCode: 125,
      stdout: 'web\n',
      stderr: expect.stringContaining("'nothing'"),
    });
    expect(home.processes()).toEqual([]);
    expect(await json('ps', '-a', '--json')).toEqual([]);
  });
});
