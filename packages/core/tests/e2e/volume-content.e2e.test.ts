import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BoxliteRuntime, LiteBox } from '@boxlite/core';
import { debian, openRuntime, sh, spawnBox, temporaryHome } from './support/boxes.js';
import { hostDirectory, noHostVolumes } from './support/host-volumes.js';

describe('a named volume', () => {
  it('that is empty gets what the image has at its place, once', async () => {
    await using home = await temporaryHome();
    await using runtime = await openRuntime({ home: home.path });
    const volumes = [{ name: 'etc', boxPath: '/etc/apt' }];
    {
      await using box = await spawnBox(runtime, { ...debian(), volumes });
      const tree = 'cd /etc/apt && find . -printf "%p %y %m %U:%G %T@ %l\\n" | grep -v lost+found | sort';
      await using plain = await spawnBox(runtime, debian());
      const times = (text: string) => text.split('\n').filter((line) => !/ d /.test(line));
      expect(times(await sh(box, tree))).toEqual(times(await sh(plain, tree)));
      expect(await sh(box, 'mount | grep -c /etc/apt')).toBe('1');
      await sh(box, 'echo mine > /etc/apt/own; rm -rf /etc/apt/sources.list.d');
      await box.stop();
      expect(await sh(box, 'cat /etc/apt/own; ls -d /etc/apt/sources.list.d 2>/dev/null || echo gone')).toBe('mine\ngone');
    }
    // At another place of another Box it is what it was.
    await using other = await spawnBox(runtime, { volumes: [{ name: 'etc', boxPath: '/var' }] });
    expect(await sh(other, 'cat /var/own')).toBe('mine');
  });

  it('belongs to whom its place belongs, and where there was none to the user of the Box', async () => {
    await using home = await temporaryHome();
    await using runtime = await openRuntime({ home: home.path });
    const volumes = ['made', 'tmp', 'root'].map((name) => ({ name, boxPath: name === 'made' ? '/srv/of/the/user' : `/${name}` }));
    await using box = await spawnBox(runtime, { ...debian(), user: 'daemon', volumes });
    expect(await sh(box, 'id -un; stat -c %U:%G:%a /srv/of/the/user /tmp /root')).toBe(
      'daemon\ndaemon:daemon:755\nroot:root:1777\nroot:root:700',
    );
    await sh(box, 'touch /srv/of/the/user/file /tmp/file');
    await box.stop();
    expect(await sh(box, 'ls /srv/of/the/user; rm /srv/of/the/user/file; touch /srv/of/the/user/again')).toMatch(/^file$/m);
    // What is only read is left as it is.
    await using reader = await spawnBox(runtime, { ...debian(), volumes: [{ name: 'unused', boxPath: '/usr/share/doc', readOnly: true }] });
    expect(await sh(reader, 'ls -A /usr/share/doc')).toBe('lost+found');
  });
});

describe('copies', () => {
  let runtime: BoxliteRuntime;
  let box: LiteBox;
  let directory: string;
  const host = (...names: string[]) => join(directory, ...names);
  let shared: Awaited<ReturnType<typeof hostDirectory>>;
  let skipped: string | undefined;

  beforeAll(async () => {
    runtime = await openRuntime();
    skipped = await noHostVolumes(runtime);
    if (skipped !== undefined) process.stderr.write(`skipped: copies to volumes of the host: ${skipped}\n`);
    shared = await hostDirectory();
    directory = await mkdtemp(join(tmpdir(), 'boxlite-places-'));
    await mkdir(shared.at('rw'));
    await mkdir(shared.at('ro'));
    await writeFile(shared.at('ro/kept'), 'kept');
    await mkdir(host('tree/sub'), { recursive: true });
    await writeFile(host('tree/sub/file'), 'content');
    const volumes = [
      { name: 'places', boxPath: '/named' },
      ...(skipped === undefined
        ? [
            { hostPath: shared.at('rw'), boxPath: '/rw' },
            { hostPath: shared.at('ro'), boxPath: '/ro', readOnly: true },
          ]
        : []),
    ];
    box = await spawnBox(runtime, { volumes });
  });

  afterAll(async () => {
    await box[Symbol.asyncDispose]();
    await runtime.volumes.remove('places');
    await runtime.close();
    await shared[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  it('go into volumes and out of them', async () => {
    for (const place of skipped === undefined ? ['/named', '/rw'] : ['/named']) {
      await box.copyIn(host('tree'), place);
      expect(await sh(box, `cat ${place}/tree/sub/file`)).toBe('content');
      await box.copyOut(`${place}/tree`, host(`out-${place.slice(1)}`));
      expect(await readFile(host(`out-${place.slice(1)}/sub/file`), 'utf8')).toBe('content');
      await box.files.rename(`${place}/tree`, `${place}/renamed`);
      await box.files.append(`${place}/renamed/sub/file`, ' and more');
      expect((await box.files.read(`${place}/renamed/sub/file`)).toString()).toBe('content and more');
    }
    if (skipped !== undefined) return;
    expect(await readFile(shared.at('rw/renamed/sub/file'), 'utf8')).toBe('content and more');
    await box.copyOut('/ro/kept', host('kept'));
    expect(await readFile(host('kept'), 'utf8')).toBe('kept');
    await expect(box.copyIn(host('tree'), '/ro')).rejects.toMatchObject({
      reason: 'EROFS',
      message: expect.stringContaining('/ro') as string,
    });
  });

  it('have what files of proc and sys say', async () => {
    await box.copyOut('/proc/version', host('version'));
    expect(await readFile(host('version'), 'utf8')).toMatch(/^Linux version /);
    await box.copyOut('/sys/devices/system/cpu/online', host('online'));
    expect(await readFile(host('online'), 'utf8')).toBe('0\n');
    expect((await box.files.read('/proc/version')).toString()).toMatch(/^Linux version /);
    await expect(box.copyIn(host('tree'), '/proc')).rejects.toMatchObject({
      name: 'BoxliteError',
      message: expect.stringContaining('/proc') as string,
    });
  });
});
