import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BoxliteRuntime, type BoxOptions, type LiteBox, toResult } from '@boxlite/core';
import { openRuntime, sh, sharedHome, spawnBox, spawnClone, spawnClones, temporaryHome } from './support/boxes.js';
import { cutShort, flipByte } from './support/damage.js';
import { checkDisk } from './support/disk-check.js';
import { layersOf, unnamedLayers } from './support/layers.js';
import { itLeavesNothing } from './support/leaks.js';
import { COUNTER, count, countsOn } from './support/programs.js';

const small: BoxOptions = { memoryMib: 192 };

describe('a snapshot', () => {
  let runtime: BoxliteRuntime;

  beforeAll(async () => {
    runtime = await openRuntime();
  });

  afterAll(() => runtime.close());

  const names = async (box: LiteBox): Promise<string[]> => (await box.snapshots.list()).map(({ name }) => name);

  it('brings back disk, memory and processes, however often', async () => {
    await using box = await spawnBox(runtime, small);
    await sh(box, `echo then > /root/file; echo then > /dev/shm/file; ${COUNTER}`);
    const at = await count(box);
    const info = await box.snapshots.create('one');
    expect(info).toMatchObject({ name: 'one', memory: true });
    expect(info.sizeBytes).toBeGreaterThan(0);
    expect(info.sizeBytes).toBeLessThan(64 << 20);
    expect(Date.now() - Date.parse(info.createdAt)).toBeLessThan(60_000);
    expect(await countsOn(box)).toBe(true);

    for (let time = 0; time < 2; time += 1) {
      const { pid } = await box.info();
      await sh(box, 'echo now > /root/file; rm /dev/shm/file; echo new > /root/other; echo 100000 > /dev/shm/count; sync');
      await box.snapshots.restore('one');
      expect(await box.info()).toMatchObject({ status: 'running', startedFrom: 'snapshot', error: null });
      expect((await box.info()).pid).not.toBe(pid);
      expect(await sh(box, 'cat /root/file /dev/shm/file; ls /root; hostname')).toBe(`then\nthen\nfile\n${box.id}`);
      const now = await count(box);
      expect(now).toBeGreaterThanOrEqual(at);
      expect(now).toBeLessThan(100_000);
      expect(await countsOn(box)).toBe(true);
    }
  });

  it('is one of many, each of its own time', async () => {
    await using box = await spawnBox(runtime, small);
    for (const name of ['first', 'second', 'third']) {
      await sh(box, `echo ${name} > /root/file; echo ${name} > /dev/shm/file`);
      await box.snapshots.create(name);
    }
    expect(await names(box)).toEqual(['third', 'second', 'first']);
    for (const name of ['second', 'third', 'first']) {
      await box.snapshots.restore(name);
      expect(await sh(box, 'cat /root/file /dev/shm/file')).toBe(`${name}\n${name}`);
    }
    // Of what a snapshot has brought back there can be another one.
    await sh(box, 'echo fourth > /dev/shm/file');
    await box.snapshots.create('fourth');
    await box.snapshots.remove('first');
    await box.snapshots.restore('fourth');
    expect(await sh(box, 'cat /root/file /dev/shm/file')).toBe('first\nfourth');
    expect(await names(box)).toEqual(['fourth', 'third', 'second']);
  });

  it('can be restored by the next runtime', async () => {
    await using home = await temporaryHome();
    const first = await BoxliteRuntime.open({ home: home.path });
    const { id } = await first.create({ ...small, name: 'kept' });
    const before = await first.get(id);
    await sh(before, `echo then > /dev/shm/file; ${COUNTER}`);
    await before.snapshots.create('one');
    await first.close();

    await using second = await BoxliteRuntime.open({ home: home.path });
    const box = await second.get('kept');
    expect(await box.info()).toMatchObject({ status: 'stopped' });
    expect(await box.snapshots.list()).toMatchObject([{ name: 'one', memory: true }]);
    await box.snapshots.restore('one');
    expect(await sh(box, 'cat /dev/shm/file')).toBe('then');
    expect(await countsOn(box)).toBe(true);
    await box.remove({ force: true });
    expect(await layersOf(home.path)).toEqual([]);
  });

  it('can be restored without its memory', async () => {
    await using box = await spawnBox(runtime, small);
    await sh(box, 'echo then > /root/file; sync; echo then > /dev/shm/file');
    await box.snapshots.create('one');
    await sh(box, 'echo now > /root/file');
    await box.snapshots.restore('one', { memory: false });
    expect(await box.info()).toMatchObject({ status: 'stopped', pid: null });
    expect(await sh(box, 'cat /root/file; ls /dev/shm')).toBe('then');
  });

  it('of a stopped Box has its disk only', async () => {
    await using box = await spawnBox(runtime, small);
    await sh(box, 'echo then > /root/file');
    await box.stop();
    expect(await box.snapshots.create('one')).toMatchObject({ memory: false, sizeBytes: 0 });
    await sh(box, 'echo now > /root/file');
    await box.snapshots.restore('one');
    expect(await box.info()).toMatchObject({ status: 'stopped', pid: null });
    expect(await sh(box, 'cat /root/file')).toBe('then');
    await using clone = await spawnClone(box, { snapshot: 'one' });
    expect((await clone.info()).status).toBe('stopped');
    expect(await sh(clone, 'cat /root/file')).toBe('then');
  });

  it('of a paused Box is what it was then, and leaves it paused', async () => {
    await using box = await spawnBox(runtime, small);
    await sh(box, COUNTER);
    await box.pause();
    await box.snapshots.create('one');
    expect(await box.info()).toMatchObject({ status: 'paused' });
    await box.snapshots.restore('one');
    expect(await box.info()).toMatchObject({ status: 'running' });
    expect(await countsOn(box)).toBe(true);
  });

  it('is what any number of Boxes can begin with', async () => {
    await using box = await spawnBox(runtime, small);
    await sh(box, `echo warm > /dev/shm/interpreter; echo then > /root/file; ${COUNTER}`);
    await box.snapshots.create('warm');
    await sh(box, 'echo now > /root/file');
    await using clones = await spawnClones(box, { snapshot: 'warm', count: 3, name: 'worker' });
    for (const clone of clones) {
      expect(await clone.info()).toMatchObject({ status: 'running', startedFrom: 'snapshot' });
      expect(await sh(clone, 'cat /dev/shm/interpreter /root/file; hostname')).toBe(`warm\nthen\n${clone.id}`);
      expect(await countsOn(clone)).toBe(true);
    }
    expect(await sh(box, 'cat /root/file')).toBe('now');
    // They need neither the snapshot nor its Box any more.
    await box.snapshots.remove('warm');
    await box.remove({ force: true });
    expect(await unnamedLayers(runtime.home)).toEqual([]);
    for (const clone of clones) {
      await clone.stop();
      expect(await sh(clone, 'cat /root/file')).toBe('then');
    }
  });

  it('is refused under a name that is taken or that cannot be one, and of a Box that was never started', async () => {
    await using box = await spawnBox(runtime, small);
    await expect(box.snapshots.create('one')).rejects.toMatchObject({ code: 'InvalidState' });
    await box.start();
    const both = await Promise.all([toResult(box.snapshots.create('one')), toResult(box.snapshots.create('one'))]);
    expect(both.map((result) => (result.ok ? 'made' : result.error.code)).toSorted()).toEqual(['AlreadyExists', 'made']);
    await expect(box.snapshots.create('one')).rejects.toMatchObject({ code: 'AlreadyExists' });
    for (const name of ['', '.hidden', '../up', 'a b', 'x'.repeat(129), '-n']) {
      await expect(box.snapshots.create(name)).rejects.toMatchObject({ code: 'InvalidArgument' });
    }
    for (const missing of [box.snapshots.restore('two'), box.snapshots.remove('two'), box.clone({ snapshot: 'two' })]) {
      await expect(missing).rejects.toMatchObject({ code: 'NotFound' });
    }
    expect(await names(box)).toEqual(['one']);
    expect(await unnamedLayers(runtime.home)).toEqual([]);
  });

  it('takes its layers along when it is removed, and goes with its Box', async () => {
    const box = await spawnBox(runtime, small);
    await box.start();
    await sh(box, 'dd if=/dev/urandom of=/root/noise bs=1M count=4; sync');
    await box.snapshots.create('one');
    await sh(box, 'rm /root/noise');
    await box.snapshots.create('two');
    await box.snapshots.restore('one');
    const before = await layersOf(runtime.home);
    await box.snapshots.remove('two');
    expect((await layersOf(runtime.home)).length).toBeLessThan(before.length);
    expect(await unnamedLayers(runtime.home)).toEqual([]);
    expect(await sh(box, 'ls /root')).toBe('noise');
    await box.remove({ force: true });
    expect(await layersOf(runtime.home)).toEqual([]);
    expect(existsSync(join(runtime.home, 'boxes', box.id))).toBe(false);
  });

  it('leaves nothing when its Box, or itself, is removed while it is made or used', async () => {
    const box = await spawnBox(runtime, small);
    await box.start();
    await box.snapshots.create('one');
    const [restored, removed] = await Promise.all([toResult(box.snapshots.restore('one')), toResult(box.snapshots.remove('one'))]);
    expect(removed.ok).toBe(true);
    if (!restored.ok) expect(restored.error.code).toBe('NotFound');
    expect(await sh(box, 'echo works')).toBe('works');
    await Promise.all([toResult(box.snapshots.create('two')), toResult(box.clone({ count: 2 })), box.remove({ force: true })]);
    for (const { id } of await runtime.list()) await runtime.remove(id, { force: true });
    expect(await readdir(join(runtime.home, 'boxes'))).toEqual([]);
    expect(await layersOf(runtime.home)).toEqual([]);
  });

  it('taken during heavy writes has a file system that is whole', async () => {
    await using box = await spawnBox(runtime, { ...small, diskSizeMib: 512 });
    const writer = `mkdir -p /root/$1; i=0; while true; do
      dd if=/dev/urandom of=/root/$1/f$((i % 20)) bs=16k count=$((i % 7 + 1)) conv=fsync 2>/dev/null
      ln -f /root/$1/f$((i % 20)) /root/$1/l$((i % 11)); mkdir -p /root/$1/d$((i % 5))/e; rm -r /root/$1/d$(((i + 2) % 5)) 2>/dev/null
      i=$((i+1)); echo $i > /dev/shm/$1; done`;
    await box.files.write('/root/writer.sh', writer);
    await sh(box, 'for i in 1 2 3 4; do sh /root/writer.sh $i >/dev/null 2>&1 & done');
    const home = runtime.home;
    const snapshots = join(home, 'boxes', box.id, 'snapshots');
    for (const name of ['one', 'two', 'three']) {
      await sh(box, 'sleep 0.7');
      await box.snapshots.create(name);
    }
    expect(await sh(box, 'cat /dev/shm/1 /dev/shm/2 /dev/shm/3 /dev/shm/4 | sort -n | head -1').then(Number)).toBeGreaterThan(0);
    for (const id of await readdir(snapshots)) await checkDisk(home, join(snapshots, id, 'snapshot.json'));

    await box.snapshots.restore('two');
    await sh(box, 'sleep 0.5; for i in 1 2 3 4; do test -s /root/$i/f0; done; cat /root/*/f* > /dev/null');
    await box.snapshots.restore('three', { memory: false });
    await sh(box, 'cat /root/*/f* > /dev/null; echo written > /root/after');
    const console: string[] = [];
    for await (const { text } of box.logs()) console.push(text);
    expect(console.filter((line) => /EXT4-fs (error|warning)|I\/O error/.test(line))).toEqual([]);
    await box.stop();
    await checkDisk(home, join(home, 'boxes', box.id, 'state.json'));
  });
});

describe('a damaged snapshot', () => {
  let home: AsyncDisposable & { path: string };
  let runtime: BoxliteRuntime;
  let box: LiteBox;

  /** The directory of a snapshot. */
  const directoryOf = async (name: string): Promise<string> => {
    const snapshots = join(home.path, 'boxes', box.id, 'snapshots');
    for (const id of await readdir(snapshots)) {
      const { name: found } = JSON.parse(await readFile(join(snapshots, id, 'snapshot.json'), 'utf8')) as { name: string };
      if (found === name) return join(snapshots, id);
    }
    throw new Error(`there is no snapshot '${name}'`);
  };

  beforeAll(async () => {
    home = await temporaryHome();
    runtime = await BoxliteRuntime.open({ home: home.path });
    box = await runtime.create({ ...small, capabilities: { drop: ['NET_RAW'] } });
    await sh(box, 'echo then > /root/file; sync');
    for (const name of ['changes-flip', 'changes-cut', 'devices-flip', 'devices-cut', 'other-machine', 'memory-flip', 'memory-cut']) {
      await box.snapshots.create(name);
    }
    await box.stop();
  });

  afterAll(async () => {
    await runtime.close();
    await home[Symbol.asyncDispose]();
  });

  it.each([
    ['a changed byte in its memory', 'changes-flip', 'changes', (path: string) => flipByte(path, 100_000)],
    ['its memory cut short', 'changes-cut', 'changes', cutShort],
    ['a changed byte in the state of its devices', 'devices-flip', 'devices', (path: string) => flipByte(path, 3_000)],
    ['the state of its devices cut short', 'devices-cut', 'devices', cutShort],
    // These are the files of all; so they come last.
    ['a changed byte in the memory that it is based on', 'memory-flip', 'memory', (path: string) => flipByte(path, 30 << 20)],
    ['the memory that it is based on cut short', 'memory-cut', 'memory', cutShort],
  ])('is refused for %s, and its disk can still be used', async (_, name, file, damage) => {
    await damage(join(await directoryOf(name), file));
    await sh(box, 'echo now > /root/file');
    const refused = { code: 'Storage', reason: 'snapshot-damaged', message: expect.stringContaining('memory: false') as string };
    await expect(box.clone({ snapshot: name })).rejects.toMatchObject(refused);
    await expect(box.snapshots.restore(name)).rejects.toMatchObject(refused);
    expect(await box.info()).toMatchObject({ status: 'running' });
    expect(await sh(box, 'cat /root/file')).toBe('now');
    await box.snapshots.restore(name, { memory: false });
    expect(await sh(box, 'cat /root/file')).toBe('then');
    expect(await runtime.list()).toHaveLength(1);
    expect(await unnamedLayers(home.path)).toEqual([]);
  });

  it('is refused on another machine', async () => {
    const path = join(await directoryOf('other-machine'), 'snapshot.json');
    const record = JSON.parse(await readFile(path, 'utf8')) as { machine: { key: string } };
    record.machine.key = 'f'.repeat(32);
    await writeFile(path, JSON.stringify(record));
    await runtime.close();
    runtime = await BoxliteRuntime.open({ home: home.path });
    box = await runtime.get(box.id);
    await expect(box.snapshots.restore('other-machine')).rejects.toMatchObject({ code: 'UnsupportedEngine', reason: 'snapshot-machine' });
    await box.snapshots.restore('other-machine', { memory: false });
    expect(await sh(box, 'cat /root/file')).toBe('then');
  });

  it.each([
    ['is no JSON', () => '{'],
    ['is of another version', (text: string) => text.replace('"version":1', '"version":9')],
    ['names a layer outside of the home', (text: string) => text.replace(/"id":"[0-9a-f]{16}"/, '"id":"../../../etc/pas"')],
  ])('is left out when its record %s; the others and all layers stay', async (_, damage) => {
    const layers = await layersOf(home.path);
    const path = join(await directoryOf('other-machine'), 'snapshot.json');
    const record = await readFile(path, 'utf8');
    await runtime.close();
    await writeFile(path, damage(JSON.stringify(JSON.parse(record))));
    runtime = await BoxliteRuntime.open({ home: home.path });
    box = await runtime.get(box.id);
    expect((await box.snapshots.list()).map(({ name }) => name)).toHaveLength(6);
    expect(await layersOf(home.path)).toEqual(layers);
    await writeFile(path, record);
  });

  it('goes with its Box', async () => {
    await box.remove({ force: true });
    expect(await layersOf(home.path)).toEqual([]);
    await runtime.close();
  });

  itLeavesNothing(() => home.path);
});

itLeavesNothing(sharedHome);
