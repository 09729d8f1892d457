import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { BoxliteRuntime, type BoxOptions, type LiteBox, toResult } from '@boxlite/core';
import { killedProcess } from './support/another-process.js';
import { sh, sharedHome, spawnBox, spawnClone, temporaryHome } from './support/boxes.js';
import { eventually } from './support/eventually.js';
import { layersOf, unnamedLayers } from './support/layers.js';
import { itLeavesNothing } from './support/leaks.js';
import { unlessAll } from './support/long.js';
import { childrenOf, isAlive } from './support/processes.js';
import { COUNTER, count, countsOn } from './support/programs.js';
import { smallDisk, whyNoSmallDisk } from './support/small-disk.js';
import { templatesOf } from './support/template-directory.js';

/** Started from the template of its shape, never from one of its image. */
const plain: BoxOptions = { memoryMib: 128, diskSizeMib: 128, capabilities: { drop: ['NET_RAW'] } };

/** Everything of the Boxes' own in a home. */
const filesOf = async (home: string): Promise<string[]> =>
  (await readdir(join(home, 'boxes'), { recursive: true })).filter((path) => /\.tmp$|\.making|\.removing/.test(path));

describe('a VMM that is killed', () => {
  let home: AsyncDisposable & { path: string };

  beforeAll(async () => {
    home = await temporaryHome();
  });

  afterAll(() => home[Symbol.asyncDispose]());

  /** Kills the next process that this one starts, so long after it was seen. */
  const killNext = async (afterMs: number): Promise<void> => {
    const before = new Set(childrenOf(process.pid));
    const pid = await eventually('a process', () => childrenOf(process.pid).find((child) => !before.has(child)));
    await sleep(afterMs);
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  };

  it('at any moment of a restore costs that start, or some time, and nothing else', async () => {
    {
      await using runtime = await BoxliteRuntime.open({ home: home.path });
      await using box = await spawnBox(runtime, plain);
      await box.start();
    }
    let whole = 0;
    {
      await using runtime = await BoxliteRuntime.open({ home: home.path });
      await using box = await spawnBox(runtime, plain);
      await box.start();
      whole = ((await box.metrics()).lastStartSeconds ?? 1) * 1_000;
      expect((await box.info()).startedFrom).toBe('template');
    }
    // From the launch of the process over the loading of its state to the guest's going on, and a little beyond.
    for (const part of [0, 0.25, 0.5, 0.75, 1.1]) {
      // As each failure counts against the template, one runtime would soon do without it.
      await using runtime = await BoxliteRuntime.open({ home: home.path });
      await using box = await spawnBox(runtime, plain);
      const [started] = await Promise.all([toResult(box.start()), killNext(part * whole)]);
      if (!started.ok) expect(['Engine', 'Portal', 'Stopped']).toContain(started.error.code);
      // One that was killed at the very end of its start is noticed a moment later.
      await eventually('a Box that can be used', async () => (await toResult(box.run('true'))).ok || undefined, 30_000);
      expect(childrenOf(process.pid)).toEqual([(await box.info()).pid]);
      expect(await filesOf(home.path)).toEqual([]);
      expect(await unnamedLayers(home.path)).toEqual([]);
      await box.remove({ force: true });
      expect(childrenOf(process.pid)).toEqual([]);
      await using next = await spawnBox(runtime, plain);
      expect(await sh(next, 'echo works')).toBe('works');
    }
  });

  it('while it is cloned, or a clone while it starts, leaves no half of them', async () => {
    await using runtime = await BoxliteRuntime.open({ home: home.path });
    await using box = await spawnBox(runtime, plain);
    await sh(box, `echo kept > /root/file; sync; ${COUNTER}`);
    const cloned = toResult(box.clone({ count: 3 }));
    await killNext(20);
    const result = await cloned;
    if (result.ok) await Promise.all(result.value.map((clone) => clone.remove({ force: true })));
    expect(await runtime.list()).toHaveLength(1);
    expect(await countsOn(box)).toBe(true);
    expect(await unnamedLayers(home.path)).toEqual([]);

    const { pid } = await box.info();
    const captured = toResult(box.clone({ count: 3 }));
    process.kill(pid ?? -1, 'SIGKILL');
    const second = await captured;
    if (second.ok) await Promise.all(second.value.map((clone) => clone.remove({ force: true })));
    await eventually('the crash to be seen', async () => (await box.info()).status === 'failed' || undefined);
    expect(await runtime.list()).toHaveLength(1);
    expect(await unnamedLayers(home.path)).toEqual([]);
    expect(await filesOf(home.path)).toEqual([]);
    expect(await sh(box, 'cat /root/file')).toBe('kept');
  });

  it('while it was halted for a copy by a runtime that was killed, lets it go on', async () => {
    const program = `
      import { BoxliteRuntime } from '@boxlite/core';
      const runtime = await BoxliteRuntime.open({ home: process.argv[1] });
      const { box } = await runtime.getOrCreate({ name: 'copied', memoryMib: 256, detach: true });
      await box.start();
      console.log('copies');
      for (;;) {
        await box.snapshots.create('now');
        await box.snapshots.remove('now');
      }`;
    for (const afterMs of unlessAll([45, 110], [30, 45, 70, 110])) {
      await killedProcess(program, [home.path], afterMs);
      await using runtime = await BoxliteRuntime.open({ home: home.path });
      const box = await runtime.get('copied');
      expect(await sh(box, 'echo works')).toBe('works');
      if ((await box.snapshots.list()).length > 0) await box.snapshots.remove('now');
    }
    await using runtime = await BoxliteRuntime.open({ home: home.path });
    await runtime.remove('copied', { force: true });
    expect(await unnamedLayers(home.path)).toEqual([]);
    expect(await filesOf(home.path)).toEqual([]);
  });

  itLeavesNothing(() => home.path);
});

describe('a program that is killed', () => {
  it.each(unlessAll([700], [300, 700, 1_100]))(
    'while it makes snapshots and clones, after %d ms, leaves what was whole, and nothing else',
    async (afterMs) => {
      await using home = await temporaryHome();
      const path = join(home.path, 'home');
      const program = `
      import { BoxliteRuntime } from '@boxlite/core';
      const runtime = await BoxliteRuntime.open({ home: process.argv[1] });
      const box = await runtime.create({ name: 'parent', memoryMib: 128, diskSizeMib: 128 });
      await box.run('sh', ['-c', 'echo kept > /dev/shm/file; sync'], { check: true });
      await box.snapshots.create('whole');
      console.log((await box.info()).pid);
      for (let i = 0; ; i += 1) {
        const clones = box.clone({ count: 2 });
        await box.snapshots.create('extra-' + i);
        await Promise.all((await clones).map((clone) => clone.remove({ force: true })));
      }`;
      const { printed } = await killedProcess(program, [path], afterMs);
      await eventually('its VM to end', () => !isAlive(Number(printed)) || undefined);

      await using runtime = await BoxliteRuntime.open({ home: path });
      const box = await runtime.get('parent');
      expect(await box.info()).toMatchObject({ status: 'stopped', pid: null });
      for (const { id, status } of await runtime.list()) {
        expect(['stopped', 'failed', 'configured']).toContain(status);
        if (id !== box.id) await runtime.remove(id);
      }
      expect(await filesOf(path)).toEqual([]);
      expect(await unnamedLayers(path)).toEqual([]);
      const { shapes, images } = await templatesOf(path);
      expect((await readdir(join(path, 'templates'))).length).toBe(shapes.length + images.length);
      // Each that is listed can be restored.
      const names = (await box.snapshots.list()).map(({ name }) => name);
      expect(names.at(-1)).toBe('whole');
      for (const name of new Set([names[0] ?? '', 'whole'])) {
        await box.snapshots.restore(name);
        expect(await sh(box, 'cat /dev/shm/file')).toBe('kept');
      }
      await box.remove({ force: true });
      expect(await layersOf(path)).toEqual([]);
    },
  );
});

const reason = whyNoSmallDisk();
if (reason !== undefined) console.warn(`no test fills a disk here: ${reason}`);

(reason === undefined ? describe : describe.skip)('a disk that is full', () => {
  it('while a template is made costs only the template', async () => {
    // Room for a Box, and not for the memory of a guest that has booted.
    await using disk = await smallDisk(16);
    await using runtime = await BoxliteRuntime.open({ home: join(disk.path, 'home') });
    await using box = await spawnBox(runtime, plain);
    await box.start();
    expect(await box.info()).toMatchObject({ status: 'running', startedFrom: 'cold' });
    expect(await sh(box, 'echo works')).toBe('works');
    expect(await readdir(join(runtime.home, 'templates'))).toEqual([]);
    await expect(box.clone()).rejects.toMatchObject({ code: 'InvalidState', reason: 'started-cold' });
    expect(await sh(box, 'echo works')).toBe('works');
  });

  it('while a snapshot or clones are made leaves no half of them, and the Box goes on', async () => {
    await using disk = await smallDisk(400);
    await using runtime = await BoxliteRuntime.open({ home: join(disk.path, 'home') });
    await using box = await spawnBox(runtime, plain);
    await sh(box, `echo then > /root/file; dd if=/dev/urandom of=/dev/shm/noise bs=1M count=16; sync; ${COUNTER}`);
    await box.snapshots.create('before');
    const before = await layersOf(runtime.home);
    const [template] = (await templatesOf(runtime.home)).shapes;
    // A tmpfs finds room for the holes of a mapped file when they are read: without it, that would kill the VM. Disks do not.
    await promisify(execFile)('fallocate', ['--length', '128MiB', join(template?.directory ?? '', 'memory')]);

    await disk.fill(4);
    const full = { code: 'ResourceExhausted' };
    await expect(box.snapshots.create('during')).rejects.toMatchObject(full);
    expect(await countsOn(box)).toBe(true);
    await disk.free();
    await disk.fill(0);
    await expect(box.snapshots.create('during')).rejects.toMatchObject({ name: 'BoxliteError' });
    await expect(box.clone({ count: 4 })).rejects.toMatchObject({ name: 'BoxliteError' });
    expect(await countsOn(box)).toBe(true);
    await disk.free();

    expect((await box.snapshots.list()).map(({ name }) => name)).toEqual(['before']);
    expect(await runtime.list()).toHaveLength(1);
    expect(await filesOf(runtime.home)).toEqual([]);
    expect(await unnamedLayers(runtime.home)).toEqual([]);
    // One for the first attempt, whose memory did not fit: the Box writes to it now.
    expect((await layersOf(runtime.home)).length).toBeLessThanOrEqual(before.length + 3);

    await sh(box, 'echo now > /root/file; sync');
    await box.snapshots.create('after');
    await using clone = await spawnClone(box);
    expect(await sh(clone, 'cat /root/file; stat -c %s /dev/shm/noise')).toBe(`now\n${String(16 << 20)}`);
    await box.snapshots.restore('before');
    expect(await sh(box, 'cat /root/file')).toBe('then');
    expect(await count(box)).toBeGreaterThan(0);
  });

  it('while Boxes are started refuses them, and leaves nothing of them', async () => {
    await using disk = await smallDisk(300);
    await using runtime = await BoxliteRuntime.open({ home: join(disk.path, 'home') });
    await using first = await spawnBox(runtime, plain);
    await first.start();
    await disk.fill(0);
    const second = await toResult(runtime.create(plain).then(async (box): Promise<LiteBox> => box.start().then(() => box)));
    expect(second).toMatchObject({ ok: false, error: { name: 'BoxliteError' } });
    await disk.free();
    for (const { id } of await runtime.list()) if (id !== first.id) await runtime.remove(id, { force: true });
    expect(await unnamedLayers(runtime.home)).toEqual([]);
    await using third = await spawnBox(runtime, plain);
    expect(await sh(third, 'echo works')).toBe('works');
    expect((await third.info()).startedFrom).toBe('template');
  });
});

itLeavesNothing(sharedHome);
