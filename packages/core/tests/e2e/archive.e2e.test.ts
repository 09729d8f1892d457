import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BoxliteRuntime, type ProgressEvent } from '@boxlite/core';
import { debian, openRuntime, spawnBox, temporaryHome } from './support/boxes.js';

const MIB = 2 ** 20;

/** A directory for archives, gone at the end of the block. */
const archives = async (): Promise<AsyncDisposable & { file(name: string): string }> => {
  const path = await mkdtemp(join(tmpdir(), 'boxlite-archives-'));
  return { file: (name) => join(path, name), [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
};

const WRITE = `
  mkdir -p /srv/data && echo kept > /srv/data/file && chown 1000:2000 /srv/data/file && chmod 4751 /srv/data/file
  ln -s file /srv/data/link && head -c 3000000 /dev/urandom > /srv/data/noise && rm /etc/motd
  sha256sum /srv/data/noise && sync`;
const READ = `
  cat /srv/data/link && stat -c '%u:%g %a' /srv/data/file && sha256sum /srv/data/noise && ls /etc/motd 2>&1; hostname; echo $TOKEN`;

describe('a Box that is exported', () => {
  it('is imported into another home, as often as is wanted, with its files as they were', async () => {
    await using directory = await archives();
    await using home = await temporaryHome();
    const events: ProgressEvent[] = [];
    const archive = directory.file('web.box');
    let sum: string | undefined;
    {
      await using runtime = await openRuntime({ onProgress: (event) => events.push(event) });
      await using box = await spawnBox(runtime, {
        ...debian(),
        name: 'web',
        env: { TOKEN: 'secret' },
        labels: { team: 'a' },
        memoryMib: 256,
      });
      sum = (await box.run('sh', ['-c', WRITE], { check: true })).stdout.split(' ')[0];
      await box.stop();
      expect(await box.export(archive)).toBe(archive);
      expect((await box.run('cat', ['/srv/data/file'])).stdout).toBe('kept\n');
    }
    expect((await stat(archive)).mode & 0o777).toBe(0o600);
    expect(events.filter(({ operation, part }) => operation === 'export' && part === undefined).map(({ status }) => status)).toEqual([
      'started',
      'done',
    ]);

    // No registry, and not the layout that the image came from.
    await using runtime = await BoxliteRuntime.open({ home: home.path });
    const one = await runtime.import(archive);
    const two = await runtime.import(archive, { name: 'second' });
    await rm(archive);
    expect(await one.info()).toMatchObject({ name: 'web', status: 'stopped', hostname: one.id, labels: { team: 'a' }, memoryMib: 256 });
    expect(await two.info()).toMatchObject({ name: 'second', status: 'stopped', hostname: two.id });
    for (const box of [one, two]) {
      const { stdout } = await box.run('sh', ['-c', READ], { check: true });
      expect(stdout.split('\n').slice(0, 3)).toEqual(['kept', '1000:2000 4751', `${sum ?? ''}  /srv/data/noise`]);
      expect(stdout).toContain("cannot access '/etc/motd'");
      expect(stdout).toContain(`\n${box.id}\nsecret\n`);
    }
    await one.run('sh', ['-c', 'echo changed > /srv/data/file; sync'], { check: true });
    expect((await two.run('cat', ['/srv/data/file'])).stdout).toBe('kept\n');
    await one.stop();
    expect((await one.run('cat', ['/srv/data/file'])).stdout).toBe('changed\n');
  });

  it('goes on while it runs or stands still, and is exported as it was at one moment', async () => {
    await using directory = await archives();
    await using home = await temporaryHome();
    {
      await using runtime = await openRuntime();
      await using box = await spawnBox(runtime);
      await box.run('sh', ['-c', 'mkdir -p /srv; echo before > /srv/file; sync'], { check: true });
      const execution = await box.exec('sh', ['-c', 'while :; do date > /srv/busy; sync; done']);
      await box.export(directory.file('running.box'));
      await box.run('sh', ['-c', 'echo after > /srv/file; sync'], { check: true });
      await box.pause();
      await box.export(directory.file('paused.box'));
      expect(await box.info()).toMatchObject({ status: 'paused' });
      await box.resume();
      await execution.kill();
      expect((await box.run('cat', ['/srv/file'])).stdout).toBe('after\n');
      await box.stop({ timeoutMs: 0 });
      expect((await box.run('cat', ['/srv/file'])).stdout).toBe('after\n');
    }
    await using runtime = await BoxliteRuntime.open({ home: home.path });
    for (const [name, content] of [
      ['running', 'before\n'],
      ['paused', 'after\n'],
    ] as const) {
      const box = await runtime.import(directory.file(`${name}.box`));
      expect((await box.run('cat', ['/srv/file'], { check: true })).stdout).toBe(content);
      await box.remove({ force: true });
    }
  });

  it('was never started: it starts where it is imported', async () => {
    await using directory = await archives();
    await using home = await temporaryHome();
    {
      await using runtime = await openRuntime();
      await using box = await spawnBox(runtime, { hostname: 'given' });
      await box.export(directory.file('new.box'));
    }
    expect((await stat(directory.file('new.box'))).size).toBeLessThan(4 * MIB);
    await using runtime = await BoxliteRuntime.open({ home: home.path });
    const box = await runtime.import(directory.file('new.box'));
    expect(await box.info()).toMatchObject({ status: 'configured', name: null });
    expect((await box.run('hostname')).stdout).toBe('given\n');
  });

  it('is refused when its file is damaged, and leaves nothing', async () => {
    await using directory = await archives();
    await using home = await temporaryHome();
    await using runtime = await BoxliteRuntime.open({ home: home.path });
    const archive = directory.file('x.box');
    const box = await runtime.create();
    await box.run('true');
    await box.export(archive);
    await box.remove({ force: true });
    const listing = () => Promise.all(['boxes', 'disks', 'images/rootfs', 'images/tmp'].map((name) => readdir(join(home.path, name))));
    const before = await listing();
    const whole = await readFile(archive);
    const flipped = Buffer.from(whole);
    flipped.writeUInt8(flipped.readUInt8(whole.length >> 1) ^ 1, whole.length >> 1);
    for (const bytes of [flipped, whole.subarray(0, -1), Buffer.concat([whole, Buffer.of(0)])]) {
      await writeFile(archive, bytes);
      await expect(runtime.import(archive)).rejects.toMatchObject({ code: 'Storage', reason: 'archive-damaged' });
    }
    await expect(runtime.import(archive, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    expect(await runtime.list()).toEqual([]);
    expect(await listing()).toEqual(before);
    await writeFile(archive, whole);
    expect((await (await runtime.import(archive)).run('echo', ['whole'])).stdout).toBe('whole\n');
  });
});
