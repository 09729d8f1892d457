import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeLayout } from '@boxlite/testbed';
import { Home } from './support/home.js';
import { appImage } from './support/images.js';

describe('boxlite run -d', () => {
  let home: Home;

  beforeAll(async () => {
    home = await Home.make();
  });

  afterAll(() => home[Symbol.asyncDispose]());

  const infoOf = async (name: string): Promise<Record<string, unknown>> =>
    (JSON.parse((await home.run(['inspect', name])).stdout) as Record<string, unknown>[])[0] ?? {};

  it('leaves a Box with its command; logs, attach and wait find it again', async () => {
    const script = 'echo out; echo err >&2; until test -e /tmp/go; do sleep 0.1; done; echo went; exit 6';
    const started = await home.run(['run', '-d', '--name', 'job', '--', 'sh', '-c', script]);
    expect(started).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^[0-9a-f]{12}\n$/) });
    // Printed by the time that the next command is there.
    await home.run(['exec', 'job', 'sleep', '0.2']);
    expect(await home.run(['logs', 'job'])).toMatchObject({ exitCode: 0, stdout: 'out\n', stderr: 'err\n' });
    expect(await home.run(['logs', '-t', 'job'])).toMatchObject({ stdout: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z out\n$/) });
    expect(await home.run(['exec', 'job', 'touch', '/tmp/go'])).toMatchObject({ exitCode: 0 });
    expect(await home.run(['wait', 'job'])).toMatchObject({ exitCode: 0, stdout: '6\n' });
    expect(await infoOf('job')).toMatchObject({ status: 'stopped', exitCode: 6 });
    expect((await home.run(['logs', 'job'])).stdout).toBe('out\nwent\n');
  });

  it('gives the exit code of what it is attached to, and passes signals on', async () => {
    const script = 'trap "echo got it; exit 9" INT; while :; do echo tick; sleep 0.1; done';
    expect(await home.run(['run', '-d', '--name', 'trap', '--', 'sh', '-c', script])).toMatchObject({ exitCode: 0 });
    const attached = home.spawn(['attach', 'trap']);
    attached.child.stdin.end();
    await attached.printed('tick');
    attached.signal('SIGINT');
    expect(await attached.ended).toMatchObject({ exitCode: 9, stdout: expect.stringContaining('got it\n') });
    expect(await home.run(['attach', 'trap'])).toMatchObject({ exitCode: 125, stderr: expect.stringContaining('stopped') });
  });

  it('kills by a signal, and says so', async () => {
    expect(await home.run(['run', '-d', '--name', 'sleeper', '--', 'sleep', '1000'])).toMatchObject({ exitCode: 0 });
    expect(await home.run(['kill', '-s', 'KILL', 'sleeper'])).toMatchObject({ exitCode: 0, stdout: 'sleeper\n' });
    expect(await infoOf('sleeper')).toMatchObject({ status: 'stopped', exitSignal: 'SIGKILL' });
    expect(await home.run(['wait', 'sleeper'])).toMatchObject({ stdout: '137\n' });
  });

  it('attaches a terminal', async () => {
    expect(await home.run(['run', '-d', '-it', '--name', 'shell', '--', 'sh'])).toMatchObject({ exitCode: 0 });
    const session = home.onTerminal(['attach', 'shell']);
    session.type('\r');
    await session.printed('# ');
    session.type('stty size; exit 3\r');
    await session.printed('30 100');
    expect(await session.outcome()).toEqual({ exitCode: 3, restored: true });
  });

  it('leaves nothing of a command that cannot be run', async () => {
    expect(await home.run(['run', '-d', '--name', 'none', '--', '/no/such'])).toMatchObject({ exitCode: 127, stdout: '' });
    expect((await home.run(['ps', '-a'])).stdout).not.toContain('none');
  });

  it('has the directories that its image declares as volumes, and keeps what is written there', async () => {
    const layout = join(home.path, 'layout');
    await mkdir(layout);
    const config = { Cmd: ['sleep', '1000'], Volumes: { '/srv/of/the/image': {} } };
    await writeLayout(layout, { 'local/app:1': await appImage(config) });
    expect(await home.run(['run', '-d', '--name', 'keeper', '--rootfs', layout])).toMatchObject({ exitCode: 0 });
    const keep = 'stat -c %F /srv/of/the/image; echo kept > /srv/of/the/image/file';
    expect(await home.run(['exec', 'keeper', 'sh', '-c', keep])).toMatchObject({ exitCode: 0, stdout: 'directory\n' });
    expect(await home.run(['restart', 'keeper'])).toMatchObject({ exitCode: 0 });
    expect(await home.run(['exec', 'keeper', 'cat', '/srv/of/the/image/file'])).toMatchObject({ exitCode: 0, stdout: 'kept\n' });
  });
});
