import { execFile } from 'node:child_process';
import { access, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BoxliteRuntime } from '@boxlite/core';
import { sh, sharedHome, spawnBox, temporaryHome } from './support/boxes.js';
import { itLeavesNothing } from './support/leaks.js';
import { layersOf } from './support/layers.js';

/** What may become of a file. */
const DAMAGES: Record<string, (path: string) => Promise<void>> = {
  'cut short': async (path) => writeFile(path, (await readFile(path)).subarray(0, 7)),
  empty: (path) => writeFile(path, ''),
  noise: async (path) => writeFile(path, Buffer.alloc((await readFile(path)).length, 0xa7)),
  'of another kind': (path) => writeFile(path, '{"version":1}'),
  missing: (path) => rm(path),
  'a directory': async (path) => {
    await rm(path);
    await mkdir(path);
  },
};

describe('a home with files that are damaged', () => {
  let made: AsyncDisposable & { path: string };
  let whole: { broken: string; other: string; snapshot: string };

  beforeAll(async () => {
    made = await temporaryHome();
    await using runtime = await BoxliteRuntime.open({ home: made.path });
    const [broken, other] = [
      await runtime.create({ name: 'broken', diskSizeMib: 128 }),
      await runtime.create({ name: 'other', diskSizeMib: 128 }),
    ];
    await runtime.volumes.create({ name: 'volume', sizeMib: 64 });
    for (const box of [broken, other]) {
      await sh(box, 'echo kept > /root/file; sync');
      await box.stop();
    }
    await broken.snapshots.create('then');
    const [snapshot = ''] = await readdir(join(made.path, 'boxes', broken.id, 'snapshots'));
    whole = { broken: broken.id, other: other.id, snapshot };
  });

  afterAll(() => made[Symbol.asyncDispose]());

  /** A copy of the home, in which a file is damaged. */
  const damaged = async (damage: string, file: string): Promise<AsyncDisposable & { path: string }> => {
    const home = await temporaryHome();
    await promisify(execFile)('cp', ['-a', '--sparse=always', `${made.path}/.`, home.path]);
    await DAMAGES[damage]?.(join(home.path, file));
    return home;
  };

  it.each(Object.keys(DAMAGES).flatMap((damage) => ['config.json', 'state.json'].map((file) => [file, damage] as const)))(
    'costs the Box only whose %s is %s, which is kept, named, and removed by force',
    async (file, damage) => {
      await using home = await damaged(damage, join('boxes', whole.broken, file));
      const layers = await layersOf(home.path);
      await using runtime = await BoxliteRuntime.open({ home: home.path });
      expect((await runtime.list()).map(({ id }) => id)).toEqual([whole.other]);
      expect(runtime.recovery.actions).toContainEqual({
        action: 'kept-aside',
        kind: 'box',
        name: whole.broken,
        detail: expect.stringContaining(join(home.path, 'boxes', whole.broken)) as string,
      });
      // Its disk stays, whatever is removed beside it.
      await runtime.remove(whole.other);
      const own = (await layersOf(home.path)).filter((layer) => layers.includes(layer));
      expect(own.length).toBeGreaterThanOrEqual(2);
      for (const attempt of [runtime.get(whole.broken), runtime.get(whole.broken.slice(0, 11)), runtime.remove(whole.broken)])
        await expect(attempt).rejects.toMatchObject({ code: 'Storage', reason: 'box-damaged' });
      await runtime.remove(whole.broken, { force: true });
      await expect(runtime.get(whole.broken)).rejects.toMatchObject({ code: 'NotFound' });
      await runtime.close();
      await using next = await BoxliteRuntime.open({ home: home.path });
      expect(next.recovery.actions.filter(({ action }) => action === 'kept-aside')).toEqual([]);
      expect(await layersOf(home.path)).toEqual([]);
    },
  );

  it.each(Object.keys(DAMAGES))('costs the snapshot only, and the volume only, whose record is %s', async (damage) => {
    const record = join('boxes', whole.broken, 'snapshots', whole.snapshot, 'snapshot.json');
    await using home = await damaged(damage, record);
    await DAMAGES[damage]?.(join(home.path, 'volumes', 'volume', 'volume.json'));
    const layers = await layersOf(home.path);
    await using runtime = await BoxliteRuntime.open({ home: home.path });
    const kept = runtime.recovery.actions.filter(({ action }) => action === 'kept-aside').map(({ kind, name }) => [kind, name]);
    expect(kept.toSorted()).toEqual([
      ['snapshot', whole.snapshot],
      ['volume', 'volume'],
    ]);
    expect(await (await runtime.get('broken')).snapshots.list()).toEqual([]);
    await expect(runtime.volumes.get('volume')).rejects.toMatchObject({ code: 'Storage', reason: 'volume-damaged' });
    await expect(runtime.create({ volumes: [{ name: 'volume', boxPath: '/data' }] })).rejects.toMatchObject({ reason: 'volume-damaged' });
    expect(await layersOf(home.path)).toEqual(layers);
    await access(join(home.path, record, '..'));
  });

  it.each(['cut short', 'noise', 'empty', 'missing'])('makes templates anew, and lists images anew, whose record is %s', async (damage) => {
    const [template = ''] = await readdir(join(made.path, 'templates'));
    await using home = await damaged(damage, join('templates', template, 'template.json'));
    await writeFile(join(home.path, 'images', 'index.json'), '{"manif');
    await using runtime = await BoxliteRuntime.open({ home: home.path });
    const actions = runtime.recovery.actions.map(({ action, kind, name }) => [action, kind, name]);
    expect(actions).toContainEqual(['removed', 'template', template]);
    expect(actions).toContainEqual(['kept-aside', 'image', expect.stringContaining('index.json.damaged-')]);
    expect(await runtime.list()).toHaveLength(2);
  });

  it('starts a Box of it beside the damaged one, and starts what is found whole again', async () => {
    await using home = await damaged('noise', join('boxes', whole.broken, 'config.json'));
    {
      await using runtime = await BoxliteRuntime.open({ home: home.path });
      expect(await sh(await runtime.get('other'), 'cat /root/file')).toBe('kept');
      await using fresh = await spawnBox(runtime, { name: 'broken' });
      expect(fresh.name).toBe('broken');
    }
    await promisify(execFile)('cp', [
      join(made.path, 'boxes', whole.broken, 'config.json'),
      join(home.path, 'boxes', whole.broken, 'config.json'),
    ]);
    await using runtime = await BoxliteRuntime.open({ home: home.path });
    expect(runtime.recovery.actions.filter(({ action }) => action === 'kept-aside')).toEqual([]);
    expect(await sh(await runtime.get('broken'), 'cat /root/file')).toBe('kept');
  });
});

itLeavesNothing(sharedHome);
