import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { checksumFile } from '@boxlite/vmm';
import { ArchiveHome, exported } from './testing/archive-home.js';
import { boxConfig } from '../options/box-config.js';

const MIB = 2 ** 20;

describe('a Box in an archive', () => {
  it('comes back in another home with its disk, its image and its configuration', async () => {
    await using here = await ArchiveHome.make();
    await using there = await ArchiveHome.make();
    const { rootfs } = await here.addImage(randomBytes(3 * MIB + 17), { Env: ['A=1'], User: 'app' });
    const options = {
      name: 'web',
      labels: { team: 'a' },
      cpus: 2,
      memoryMib: 256,
      env: { TOKEN: 'x' },
      user: '1:2',
      workingDir: '/srv',
      detach: true,
    };
    const box = await here.addBox(
      { ...options, capabilities: { drop: ['ALL'], add: ['CHOWN'] } },
      { [60 * MIB - 3]: 'kept', [5 * MIB]: randomBytes(100_000) },
    );
    const { disk } = await box.capture(false);

    const path = await here.archives.export(box, here.path('web.box'));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const { config, state } = await there.archives.import(path);

    expect(config).toEqual({
      ...box.config,
      id: expect.not.stringMatching(box.config.id),
      hostname: config.id,
      machineId: expect.not.stringMatching(box.config.machineId) as unknown,
      source: { kind: 'image', reference: here.reference },
    });
    expect(state).toMatchObject({ status: 'stopped', vm: null, startedAt: null, error: null });
    expect(await checksumFile(there.diskPath(state.disk))).toBe(await checksumFile(here.diskPath(disk)));
    expect((await stat(there.diskPath(state.disk))).mode & 0o777).toBe(0o600);
    expect((await stat(there.diskPath(state.disk))).blocks).toBeLessThanOrEqual((await stat(here.diskPath(disk))).blocks);
    const image = await there.images.prepare({ digest: state.imageDigest ?? '' });
    expect((await readFile(image.rootfs)).equals(rootfs)).toBe(true);
    expect(image.config).toMatchObject({ env: ['A=1'], user: 'app' });
    expect(await there.files()).toHaveLength(3);
  });

  it('costs what its data costs', async () => {
    await using home = await ArchiveHome.make();
    await home.addImage(Buffer.alloc(0));
    const box = await home.addBox({ diskSizeMib: 4096 }, { [3000 * MIB]: randomBytes(10 * MIB) });
    const begin = performance.now();
    const path = await home.archives.export(box, home.path('x.box'));
    expect(performance.now() - begin).toBeLessThan(5_000);
    expect((await stat(path)).size).toBeLessThan(11 * MIB);
  });

  it('has one file for its disk, however many layers that is made of', async () => {
    await using home = await ArchiveHome.make();
    await home.addImage(Buffer.from('x'));
    const box = await home.addBox({}, { [40 * MIB]: 'below' });
    const { disk } = await box.capture(false);
    const chain = [...(disk ?? []), await home.disks.overlay(64), await home.disks.overlay(64)];
    const before = await home.files();
    const path = await home.archives.export(exported(box.config, chain), home.path('x.box'));
    expect(await home.files()).toEqual(before);
    const { state } = await home.archives.import(path);
    expect(state.disk).toHaveLength(1);
    expect(await checksumFile(home.diskPath(state.disk))).toBe(await checksumFile(home.diskPath(disk)));
  });

  it('was never started: it has an image and no disk', async () => {
    await using here = await ArchiveHome.make();
    await using there = await ArchiveHome.make();
    await here.addImage(Buffer.from('x'));
    const path = await here.archives.export(exported(boxConfig({ image: here.reference }), null), here.path('x.box'));
    const { state } = await there.archives.import(path);
    expect(state).toMatchObject({ status: 'configured', disk: null });
    expect(await there.images.has(state.imageDigest ?? '')).toBe(true);
  });

  it('uses an image that the home has from elsewhere, and never passes for one that it has not', async () => {
    await using here = await ArchiveHome.make();
    await using there = await ArchiveHome.make();
    await using third = await ArchiveHome.make();
    const { digest } = await here.addImage(Buffer.from('x'));
    await there.addImage(Buffer.from('x'));
    const path = await here.archives.export(await here.addBox({}), here.path('x.box'));
    expect((await there.archives.import(path)).state.imageDigest).toBe(digest);
    const first = await third.archives.import(path);
    const second = await third.archives.import(path);
    expect(first.state.imageDigest).not.toBe(digest);
    expect(second.state.imageDigest).toBe(first.state.imageDigest);
    expect(await third.images.has(digest)).toBe(false);
    expect((await readdir(third.layout.images.rootfs)).filter((name) => name.endsWith('.erofs'))).toHaveLength(1);
  });

  it('keeps its image while a Box stands on it, and lets it go with the last one', async () => {
    await using here = await ArchiveHome.make();
    await using there = await ArchiveHome.make();
    await here.addImage(Buffer.from('x'));
    const path = await here.archives.export(await here.addBox({}), here.path('x.box'));
    const { state } = await there.archives.import(path);
    await there.images.prune({ all: true });
    expect(await there.images.has(state.imageDigest ?? '')).toBe(true);
    there.boxes.length = 0;
    await there.images.prune({ all: true });
    expect(await there.images.has(state.imageDigest ?? '')).toBe(false);
  });

  it('can be exported again from where it was imported', async () => {
    await using here = await ArchiveHome.make();
    await using there = await ArchiveHome.make();
    await here.addImage(Buffer.from('x'));
    const path = await here.archives.export(await here.addBox({ hostname: 'own' }), here.path('x.box'));
    const { config, state } = await there.archives.import(path);
    const { digest } = await there.addImage(Buffer.from('x'));
    const again = await there.archives.export(exported(config, state.disk), there.path('x.box'));
    const back = await there.archives.import(again);
    expect(back.config).toMatchObject({ hostname: 'own', source: { reference: here.reference } });
    expect(back.state.imageDigest).toBe(digest);
  });
});

describe('the name of an imported Box', () => {
  it('is the one that is asked for, or its old one where that is free, or none', async () => {
    await using home = await ArchiveHome.make();
    await home.addImage(Buffer.from('x'));
    const path = await home.archives.export(await home.addBox({ name: 'web' }), home.path('x.box'));
    const names: (string | null)[] = [];
    for (const name of ['other', undefined, undefined]) names.push((await home.archives.import(path, { name })).config.name);
    expect(names).toEqual(['other', 'web', null]);
    const before = await home.files();
    await expect(home.archives.import(path, { name: 'web' })).rejects.toMatchObject({ code: 'AlreadyExists' });
    await expect(home.archives.import(path, { name: 'a/b' })).rejects.toMatchObject({ code: 'InvalidArgument' });
    expect(await home.files()).toEqual(before);
  });
});

describe('the place of an archive', () => {
  it('may be an older file, which is replaced as a whole', async () => {
    await using home = await ArchiveHome.make();
    await home.addImage(Buffer.from('x'));
    const box = await home.addBox({});
    const path = home.path('x.box');
    await writeFile(path, 'old');
    await chmod(path, 0o644);
    await expect(home.archives.export(box, path, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    expect(await readFile(path, 'utf8')).toBe('old');
    await home.archives.export(box, path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await home.archives.import(path);
  });

  it('may not be anything else', async () => {
    await using home = await ArchiveHome.make();
    await home.addImage(Buffer.from('x'));
    const box = await home.addBox({});
    await mkdir(home.path('directory'));
    await symlink('/dev/null', home.path('link'));
    for (const name of ['directory', 'link']) {
      await expect(home.archives.export(box, home.path(name))).rejects.toMatchObject({ code: 'AlreadyExists', reason: 'not-a-file' });
    }
    const nowhere = { code: 'Storage', reason: 'ENOENT', message: expect.stringContaining('no directory') };
    await expect(home.archives.export(box, home.path('no/x.box'))).rejects.toMatchObject(nowhere);
    await expect(home.archives.export(box, '')).rejects.toMatchObject({ code: 'InvalidArgument' });
    expect((await readdir(home.directory)).sort()).toEqual(['directory', 'home', 'link']);
  });
});

describe('what goes on', () => {
  it('is told, and ends with the signal or the runtime, leaving nothing', async () => {
    await using home = await ArchiveHome.make();
    await home.addImage(randomBytes(8 * MIB));
    const box = await home.addBox({}, { [MIB]: randomBytes(8 * MIB) });
    const path = await home.archives.export(box, home.path('x.box'));
    await home.archives.import(path);
    for (const [operation, subject] of [
      ['export', box.config.id],
      ['import', path],
    ]) {
      const own = home.events.filter((event) => event.operation === operation);
      expect(own[0]).toEqual({ operation, subject, status: 'started' });
      expect(own.at(-1)).toEqual({ operation, subject, status: 'done' });
      for (const part of ['rootfs', 'disk']) {
        const { current, total } = own.findLast((event) => event.part === part) ?? {};
        expect(total).toBeGreaterThan(8 * MIB);
        expect(current).toBe(total);
      }
    }
    const before = { home: await home.files(), outside: await readdir(home.directory) };
    const abort = new AbortController();
    home.events.length = 0;
    home.events.push = (event) => {
      if (event.part === 'disk') abort.abort(new Error('enough'));
      return 0;
    };
    const aborted = { name: 'AbortError', cause: new Error('enough') };
    await expect(home.archives.export(box, home.path('y.box'), { signal: abort.signal })).rejects.toMatchObject(aborted);
    await expect(home.archives.import(path, { signal: abort.signal })).rejects.toMatchObject({ name: 'AbortError' });
    const imported = home.archives.import(path).catch((error: unknown) => error);
    await home.archives.close();
    expect(await imported).toMatchObject({ name: 'AbortError', cause: { code: 'Stopped' } });
    expect({ home: await home.files(), outside: await readdir(home.directory) }).toEqual(before);
  });
});
