import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { type BoxOptions, BoxliteRuntime, type RuntimeOptions } from '@boxlite/core';
import { openRuntime, sharedHome, spawnBox, temporaryHome } from './support/boxes.js';
import { itLeavesNothing } from './support/leaks.js';

describe('what bad input gets', () => {
  let runtime: BoxliteRuntime;

  beforeAll(async () => {
    runtime = await openRuntime();
  });

  afterAll(() => runtime.close());

  it.each<[string, BoxOptions, string]>([
    ['negative memory', { memoryMib: -1 }, 'memoryMib'],
    ['no CPUs', { cpus: 0 }, 'cpus'],
    ['NaN CPUs', { cpus: Number.NaN }, 'cpus'],
    ['a fraction of a disk', { diskSizeMib: 100.5 }, 'diskSizeMib'],
    ['a name with a slash', { name: 'a/b' }, 'name'],
    ['an environment variable with =', { env: { 'A=B': 'c' } }, 'env'],
    ['a relative working directory', { workingDir: 'here' }, 'workingDir'],
    ['an unknown capability', { capabilities: { add: ['NET_FLY'] } }, 'NET_FLY'],
    ['a malformed image', { image: 'UPPER case' }, 'UPPER case'],
    ['image and rootfs together', { image: 'debian', rootfs: { ociLayout: '/x' } }, 'rootfs'],
  ])('refuses %s, naming it', async (_, options, named) => {
    const attempt = async (): Promise<void> => {
      await using box = await spawnBox(runtime, options);
      await box.start();
    };
    await expect(attempt()).rejects.toMatchObject({
      name: 'BoxliteError',
      code: 'InvalidArgument',
      message: expect.stringContaining(named) as string,
    });
  });

  it.each<[string, BoxOptions]>([
    ['network', { network: { mode: 'full' } }],
    ['ports', { ports: [{ boxPort: 80 }] }],
    ["restart 'always'", { restart: 'always' }],
  ])('refuses %s as not supported yet', async (named, options) => {
    await expect(runtime.create(options)).rejects.toMatchObject({ code: 'Unsupported', message: expect.stringContaining(named) as string });
  });

  it('refuses options of calls that nothing reads, and what is no option at all, before the Box is started', async () => {
    await using box = await spawnBox(runtime);
    const wrong = (value: unknown): never => value as never;
    const calls: [string, () => unknown][] = [
      ['timeout', () => box.run('true', [], wrong({ timeout: 3 }))],
      ['check', () => box.exec('true', [], wrong({ check: true }))],
      ['the arguments are "hi"', () => box.run('echo', wrong('hi'))],
      ['timeout', () => box.stop(wrong({ timeout: 3 }))],
      ['names', () => box.clone(wrong({ names: ['a'] }))],
      ['mod', () => box.files.write('/x', '', wrong({ mod: 0o600 }))],
      ['forced', () => box.files.remove('/x', wrong({ forced: true }))],
      ['folow', () => box.logs(wrong({ folow: true }))],
      ['the options of a removal are true', () => box.remove(wrong(true))],
      ['overwrite', () => box.copyIn('/etc/hostname', '/x', wrong({ overwrite: true }))],
      ['platforms', () => runtime.images.pull('debian', wrong({ platforms: [] }))],
    ];
    for (const [named, call] of calls) {
      await expect(Promise.resolve().then(call)).rejects.toMatchObject({
        code: 'InvalidArgument',
        message: expect.stringContaining(named) as string,
      });
    }
    expect(await box.info()).toMatchObject({ status: 'configured' });
  });

  it('shows no secret of a Box to whoever prints its handle', async () => {
    await using box = await spawnBox(runtime, { env: { TOKEN: 'secret' } });
    expect(JSON.stringify(box) + inspect(box, { depth: 9 })).not.toContain('secret');
  });

  it('refuses a name that is taken, naming its owner', async () => {
    await using box = await spawnBox(runtime, { name: 'taken' });
    await expect(runtime.create({ name: 'taken' })).rejects.toMatchObject({
      code: 'AlreadyExists',
      message: expect.stringContaining(box.id) as string,
    });
    expect(await runtime.getOrCreate({ name: 'taken' })).toMatchObject({ created: false, box: { id: box.id } });
  });

  it('finds a Box by a prefix of its id, and not by one that is empty or unknown', async () => {
    await using box = await spawnBox(runtime);
    expect((await runtime.get(box.id.slice(0, 8))).id).toBe(box.id);
    await expect(runtime.get('')).rejects.toMatchObject({ code: 'NotFound' });
    await expect(runtime.get('no-such-box')).rejects.toMatchObject({
      code: 'NotFound',
      message: expect.stringContaining('no-such-box') as string,
    });
  });

  it('refuses a home that another process has, naming that process', async () => {
    await expect(BoxliteRuntime.open({ home: runtime.home })).rejects.toMatchObject({
      code: 'Config',
      reason: 'locked',
      message: expect.stringContaining(String(process.pid)) as string,
    });
  });

  it('names a registry that cannot be reached', async () => {
    await using box = await spawnBox(runtime, { image: 'localhost:9/image:latest' });
    await expect(box.start()).rejects.toMatchObject({ code: 'Network', message: expect.stringContaining('localhost:9') as string });
    expect(await box.info()).toMatchObject({ status: 'failed', error: { code: 'Network' } });
  });

  it('refuses an OCI layout that is not one', async () => {
    await using box = await spawnBox(runtime, { rootfs: { ociLayout: '/etc' } });
    await expect(box.start()).rejects.toMatchObject({ message: expect.stringContaining('/etc') as string });
  });

  it('leaves out a Box whose files are broken, and keeps them', async () => {
    await using home = await temporaryHome();
    const first = await BoxliteRuntime.open({ home: home.path });
    const [broken, whole] = [await first.create({ name: 'broken' }), await first.create({ name: 'whole' })];
    await first.close();
    const path = join(home.path, 'boxes', broken.id, 'config.json');
    await writeFile(path, '{"version": 1, "id": ');
    await using second = await BoxliteRuntime.open({ home: home.path });
    expect((await second.list()).map(({ id }) => id)).toEqual([whole.id]);
  });

  it('refuses everything after close', async () => {
    await using home = await temporaryHome();
    const closed = await BoxliteRuntime.open({ home: home.path });
    const box = await closed.create();
    await closed.close();
    await closed.close();
    await expect(closed.create()).rejects.toMatchObject({ code: 'Stopped' });
    await expect(box.start()).rejects.toMatchObject({ code: 'Stopped' });
  });

  it.each<[string, RuntimeOptions, RegExp]>([
    ["another platform's hypervisor", { accelerator: 'hvf' }, /HVF exists only on darwin.*Ask for 'auto'/],
    [
      'isolation by hardware from an emulator',
      { accelerator: 'tcg', isolation: 'hardware' },
      /excludes the accelerator 'tcg'.*ask for 'auto'/,
    ],
  ])('refuses to open a home with %s', async (_, options, message) => {
    await using home = await temporaryHome();
    const opening = BoxliteRuntime.open({ home: home.path, ...options });
    await expect(opening).rejects.toMatchObject({
      code: 'UnsupportedEngine',
      reason: 'accelerator',
      message: expect.stringMatching(message) as string,
    });
  });

  it('refuses hardware isolation where there is none, saying why', async () => {
    await using home = await temporaryHome();
    await using strict = await BoxliteRuntime.open({ home: home.path, isolation: 'hardware' });
    const system = await strict.system();
    if (system.isolation === 'hardware') return;
    const box = await strict.create();
    await expect(box.start()).rejects.toMatchObject({ code: 'UnsupportedEngine', message: expect.stringMatching(/kvm/i) as string });
  });
});

itLeavesNothing(sharedHome);
