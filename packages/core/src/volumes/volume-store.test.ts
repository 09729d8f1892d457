import { mkdtemp, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newVolume, VolumeManager } from './volume-manager.js';
import { VolumeStore } from './volume-store.js';

let directory: string;
const errors: string[] = [];
const open = async (): Promise<VolumeStore> => {
  const store = new VolumeStore(directory);
  await store.recover({
    tell: ({ action, name }) => {
      if (action === 'kept-aside') errors.push(name);
    },
  });
  return store;
};

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'boxlite-volumes-')), 'volumes');
  errors.length = 0;
});
afterEach(() => rm(join(directory, '..'), { recursive: true, force: true }));

describe('VolumeStore', () => {
  it('finds again what it has made, and its limit is the size of its disk', async () => {
    const store = await open();
    await store.create(newVolume({ name: 'data', sizeMib: 64, labels: { a: 'b' } }));
    await expect(store.create(newVolume({ name: 'data' }))).rejects.toMatchObject({ code: 'AlreadyExists' });
    const { path } = store.layer('data', 'x');
    expect((await stat(path)).size).toBe(64 << 20);
    expect(await store.diskBytes('data')).toBeLessThan(4 << 20);
    expect((await open()).find('data')).toMatchObject({ name: 'data', sizeMib: 64, labels: { a: 'b' } });
  });

  it('removes what was never finished, and keeps what it cannot read', async () => {
    await (await open()).create(newVolume({ name: 'data', sizeMib: 64 }));
    await mkdir(join(directory, '.making'));
    await mkdir(join(directory, 'strange'));
    await writeFile(join(directory, 'strange', 'volume.json'), '{"version":1,"name":"another"}');
    const store = await open();
    expect(store.all.map(({ name }) => name)).toEqual(['data']);
    expect((await readdir(directory)).sort()).toEqual(['data', 'strange']);
    expect(errors).toHaveLength(1);
  });
});

describe('VolumeManager', () => {
  it('removes no volume that a Box has, and prunes the others', async () => {
    const users = new Map([['used', ['0123456789ab', 'ba9876543210']]]);
    const manager = new VolumeManager({
      store: await open(),
      usedBy: (name) => users.get(name) ?? [],
      exclusive: (work) => work(),
    });
    for (const name of ['used', 'free']) await manager.create({ name, sizeMib: 64 });
    await expect(manager.remove('used')).rejects.toMatchObject({
      code: 'InvalidState',
      message: "the volume 'used' belongs to Boxes 0123456789ab, ba9876543210; remove those first",
    });
    const { removed, freedBytes } = await manager.prune();
    expect(removed).toEqual(['free']);
    expect(freedBytes).toBeGreaterThan(0);
    expect((await manager.list()).map(({ name }) => name)).toEqual(['used']);
    await expect(manager.get('free')).rejects.toMatchObject({ code: 'NotFound' });
    expect((await manager.create({ sizeMib: 64 })).name).toMatch(/^[0-9a-f]{32}$/);
  });

  it.each([{ name: 'a/b' }, { name: '' }, { sizeMib: 63 }, { sizeMib: 64.5 }, { labels: { '': 'x' } }, { driver: 'x' }])(
    'refuses %j',
    (options) => {
      expect(() => newVolume(options as object)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
    },
  );
});
