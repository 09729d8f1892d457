import { createHash } from 'node:crypto';
import { appendFile, copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BoxliteRuntime, type BoxOptions } from '@boxlite/core';
import { guestImage } from '@boxlite/agent';
import { sh, spawnBox, spawnClone, temporaryHome } from './support/boxes.js';
import { cutShort, flipByte } from './support/damage.js';
import { eventually } from './support/eventually.js';
import { itLeavesNothing } from './support/leaks.js';
import { type FoundTemplate, logOf, templatesOf } from './support/template-directory.js';

/** A Box whose container differs from the usual one, so that it is started from the template of its shape, never from one of its image. */
const plain: BoxOptions = { memoryMib: 128, capabilities: { drop: ['NET_RAW'] } };

describe('templates of a shape', () => {
  let home: AsyncDisposable & { path: string };

  beforeAll(async () => {
    home = await temporaryHome();
  });

  afterAll(() => home[Symbol.asyncDispose]());

  const open = (): Promise<BoxliteRuntime> => BoxliteRuntime.open({ home: home.path });
  const shapes = async (): Promise<FoundTemplate[]> => (await templatesOf(home.path)).shapes;

  /** The only template that there is, once it is sealed. */
  const onlyTemplate = (): Promise<FoundTemplate> =>
    eventually('one sealed template', async () => {
      const found = await shapes();
      return found.length === 1 ? found[0] : undefined;
    });

  /** What a new Box was started from; it has to work. */
  const startOne = async (runtime: BoxliteRuntime, options = plain): Promise<string | null> => {
    await using box = await spawnBox(runtime, options);
    expect(await sh(box, 'echo works > /root/file; cat /root/file')).toBe('works');
    return (await box.info()).startedFrom;
  };

  it('are made once by the first Boxes of a shape, and serve all that follow', async () => {
    await using runtime = await open();
    const first = await Promise.all(Array.from({ length: 6 }, () => startOne(runtime)));
    expect(first).toEqual(Array<string>(6).fill('template'));
    expect(await startOne(runtime)).toBe('template');
    await onlyTemplate();
    expect((await logOf(home.path)).filter(({ message }) => message === 'made a template')).toHaveLength(1);
  });

  it('serve the next runtime, and are not changed by their Boxes', async () => {
    const { directory, id } = await onlyTemplate();
    const content = async (): Promise<string[]> =>
      Promise.all(
        ['memory', 'devices', 'template.json'].map(async (name) =>
          createHash('sha256')
            .update(await readFile(join(directory, name)))
            .digest('hex'),
        ),
      );
    const before = await content();
    {
      await using runtime = await open();
      await using box = await spawnBox(runtime, plain);
      await sh(box, 'dd if=/dev/urandom of=/dev/shm/noise bs=1M count=20; dd if=/dev/urandom of=/root/noise bs=1M count=5; sync');
      await box.pause();
      await box.resume();
      await box.stop();
    }
    expect(await content()).toEqual(before);
    expect((await onlyTemplate()).id).toBe(id);
  });

  it.each([
    ['its memory was cut short', 'memory', cutShort],
    ['it was never finished', 'template.json', (path: string) => rm(path)],
  ])('are made anew when one is found of which %s', async (_, file, damage) => {
    const { directory, id } = await onlyTemplate();
    await damage(join(directory, file));
    await using runtime = await open();
    expect(await startOne(runtime)).toBe('template');
    expect((await onlyTemplate()).id).not.toBe(id);
  });

  it('are made anew when a byte of one has changed; the Box that meets it boots', async () => {
    const { directory, id } = await onlyTemplate();
    await flipByte(join(directory, 'memory'), 40 << 20);
    await using runtime = await open();
    expect(await startOne(runtime)).toBe('cold');
    expect(await startOne(runtime)).toBe('template');
    const next = await onlyTemplate();
    expect(next.id).not.toBe(id);
    // While it is in use, this time.
    await flipByte(join(next.directory, 'devices'), 5_000);
    expect(await startOne(runtime)).toBe('cold');
    expect(await startOne(runtime)).toBe('template');
    expect((await onlyTemplate()).id).not.toBe(next.id);
  });

  it('can be deleted under a Box, which runs on and can be cloned', async () => {
    await using runtime = await open();
    await using box = await spawnBox(runtime, plain);
    await sh(box, 'echo kept > /dev/shm/state');
    const { directory, id } = await onlyTemplate();
    await rm(directory, { recursive: true });
    await using clone = await spawnClone(box);
    expect(await sh(clone, 'cat /dev/shm/state')).toBe('kept');
    expect(await sh(box, 'cat /dev/shm/state')).toBe('kept');
    await startOne(runtime);
    expect(await startOne(runtime)).toBe('template');
    expect((await onlyTemplate()).id).not.toBe(id);
    // The file that they all began with is still theirs.
    await using late = await spawnClone(box);
    expect(await sh(late, 'cat /dev/shm/state')).toBe('kept');
  });

  it('are other ones for another size', async () => {
    await using runtime = await open();
    const { id } = await onlyTemplate();
    expect(await startOne(runtime, { ...plain, memoryMib: 160 })).toBe('template');
    expect(await startOne(runtime, { ...plain, cpus: 2 })).toBe('template');
    const ids = await eventually('three sealed templates', async () => {
      const found = await shapes();
      return found.length === 3 ? found.map((template) => template.id) : undefined;
    });
    expect(ids).toContain(id);
    expect(new Set(ids.map((name) => name.slice(0, 32))).size).toBe(3);
    const others = (await shapes()).filter((template) => template.id !== id);
    await Promise.all(others.map(({ directory }) => rm(directory, { recursive: true })));
  });

  it('are other ones for another kernel', async () => {
    const kernel = join(home.path, 'kernel');
    const { id } = await onlyTemplate();
    await copyFile((await guestImage()).kernel, kernel);
    await appendFile(kernel, '\n');
    const before = process.env['BOXLITE_KERNEL'];
    process.env['BOXLITE_KERNEL'] = kernel;
    try {
      await using runtime = await open();
      expect(await startOne(runtime)).toBe('template');
    } finally {
      if (before === undefined) delete process.env['BOXLITE_KERNEL'];
      else process.env['BOXLITE_KERNEL'] = before;
    }
    const found = await shapes();
    expect(found).toHaveLength(2);
    const other = found.find((template) => template.id !== id);
    expect(other?.id.slice(0, 32)).not.toBe(id.slice(0, 32));
    await rm(other?.directory ?? '', { recursive: true });
    await rm(kernel);
  });

  it('cost a start nothing but time when there can be none', async () => {
    await using runtime = await open();
    const templates = join(home.path, 'templates');
    await rm(templates, { recursive: true });
    // Nobody can make a directory in a file, not even root.
    await writeFile(templates, '');
    await using box = await spawnBox(runtime, plain);
    await box.start();
    expect(await box.info()).toMatchObject({ status: 'running', startedFrom: 'cold' });
    await expect(box.clone()).rejects.toMatchObject({ code: 'InvalidState', reason: 'started-cold' });
    await expect(box.snapshots.create('none')).rejects.toMatchObject({ code: 'InvalidState', reason: 'started-cold' });
    expect(await sh(box, 'echo works')).toBe('works');
    await box.stop();
    await rm(templates);
    await box.snapshots.create('disk');
    await using clone = await spawnClone(box);
    expect(await sh(clone, 'echo works')).toBe('works');
    expect((await clone.info()).startedFrom).toBe('template');
  });

  it('are made in two homes at once', async () => {
    await using other = await temporaryHome();
    await rm(join(home.path, 'templates'), { recursive: true });
    const start = async (path: string): Promise<string | null> => {
      await using runtime = await BoxliteRuntime.open({ home: path });
      return await startOne(runtime);
    };
    expect(await Promise.all([start(home.path), start(other.path)])).toEqual(['template', 'template']);
    const both = await Promise.all([
      onlyTemplate(),
      eventually('one in the other home', async () => (await templatesOf(other.path)).shapes[0]),
    ]);
    expect(new Set(both.map(({ id }) => id)).size).toBe(2);
    expect(new Set(both.map(({ id }) => id.slice(0, 32))).size).toBe(1);
  });

  itLeavesNothing(() => home.path);
});

describe('the template of an image', () => {
  const options: BoxOptions = { memoryMib: 128, diskSizeMib: 256 };
  let home: AsyncDisposable & { path: string };

  beforeAll(async () => {
    home = await temporaryHome();
    await using runtime = await open();
    await using box = await spawnBox(runtime, options);
    await box.start();
    expect((await box.info()).startedFrom).toBe('template');
    await imageTemplate();
  });

  afterAll(() => home[Symbol.asyncDispose]());

  const open = (): Promise<BoxliteRuntime> => BoxliteRuntime.open({ home: home.path });

  /** The only one that there is; it is made in the background, after the first Box of the image has started. */
  const imageTemplate = (): Promise<FoundTemplate> =>
    eventually(
      'one sealed template of an image',
      async () => {
        const { images } = await templatesOf(home.path);
        return images.length === 1 ? images[0] : undefined;
      },
      60_000,
    );

  it('gives a Box its container, which is as the Box says', async () => {
    await using runtime = await open();
    await using box = await spawnBox(runtime, {
      ...options,
      hostname: 'my-own',
      env: { COLOUR: 'green' },
      workingDir: '/var/made/for/it',
      user: '1234:5678',
    });
    expect(await sh(box, 'hostname; cat /etc/hostname; echo $HOSTNAME $COLOUR; pwd; id -u; id -g')).toBe(
      ['my-own', 'my-own', 'my-own green', '/var/made/for/it', '1234', '5678'].join('\n'),
    );
    expect(await sh(box, 'getent hosts my-own || grep my-own /etc/hosts')).toContain('my-own');
    expect((await box.info()).startedFrom).toBe('image-template');
  });

  it('shares nothing that its Boxes write', async () => {
    const { directory } = await imageTemplate();
    const disk = await readFile(join(directory, 'disk'));
    await using runtime = await open();
    await using one = await spawnBox(runtime, options);
    await using two = await spawnBox(runtime, options);
    await Promise.all(
      [one, two].map((box) => sh(box, `echo ${box.id} > /root/file; dd if=/dev/urandom of=/var/noise bs=1M count=4; sync`)),
    );
    for (const box of [one, two]) {
      expect((await box.info()).startedFrom).toBe('image-template');
      expect(await sh(box, 'cat /root/file')).toBe(box.id);
      // It boots without the template's memory then, with the disk alone.
      await box.stop();
      expect(await sh(box, 'cat /root/file')).toBe(box.id);
      expect((await box.info()).startedFrom).toBe('template');
    }
    expect((await readFile(join(directory, 'disk'))).equals(disk)).toBe(true);
  });

  it.each([
    ['the disk is gone', 'disk', (path: string) => rm(path)],
    ['a byte of the disk has changed', 'disk', (path: string) => flipByte(path, 1 << 20)],
    ['the memory is gone', 'memory', (path: string) => rm(path)],
  ])('is not used when %s', async (_, file, damage) => {
    const { directory, id } = await imageTemplate();
    await using runtime = await open();
    await damage(join(directory, file));
    await using box = await spawnBox(runtime, options);
    expect(await sh(box, 'echo works > /root/file; cat /root/file')).toBe('works');
    expect((await box.info()).startedFrom).toBe('template');
    expect((await imageTemplate()).id).not.toBe(id);
  });

  itLeavesNothing(() => home.path);
});
