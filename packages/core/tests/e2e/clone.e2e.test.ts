import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { BoxliteRuntime, type BoxOptions, type LiteBox } from '@boxlite/core';
import { inAnotherProcess } from './support/another-process.js';
import { debian, openRuntime, sh, sharedHome, spawnBox, spawnClone, spawnClones, temporaryHome } from './support/boxes.js';
import { eventually } from './support/eventually.js';
import { layersOf, unnamedLayers } from './support/layers.js';
import { itLeavesNothing } from './support/leaks.js';
import { isAlive } from './support/processes.js';
import { COUNTER, count, countsOn } from './support/programs.js';

const small: BoxOptions = { memoryMib: 192 };

describe('a clone', () => {
  let runtime: BoxliteRuntime;

  beforeAll(async () => {
    runtime = await openRuntime();
  });

  afterAll(() => runtime.close());

  const pidOf = async (box: LiteBox): Promise<number> => (await box.info()).pid ?? -1;

  it('goes on where the Box was, with its memory, processes and disk, and shares nothing from then on', async () => {
    await using box = await spawnBox(runtime, { ...small, env: { KEPT: 'yes' } });
    await sh(box, `echo before > /root/file; echo before > /dev/shm/file; ${COUNTER}`);
    await using clones = await spawnClones(box, { name: 'worker', count: 8 });

    expect(clones.map(({ name }) => name)).toEqual(Array.from({ length: 8 }, (_, index) => `worker-${String(index + 1)}`));
    const all = [box, ...clones];
    expect(new Set(await Promise.all(all.map(pidOf))).size).toBe(9);
    for (const one of all) {
      expect(await sh(one, 'cat /root/file /dev/shm/file; echo $KEPT')).toBe('before\nbefore\nyes');
      expect(await countsOn(one)).toBe(true);
      expect(await sh(one, 'hostname; echo $HOSTNAME')).toBe(`${one.id}\n${one.id}`);
    }
    await Promise.all(all.map(({ id }, index) => sh(all[index] ?? box, `echo ${id} | tee /root/file > /dev/shm/file; sync`)));
    for (const one of all) expect(await sh(one, 'cat /root/file /dev/shm/file')).toBe(`${one.id}\n${one.id}`);
    for (const clone of clones) expect(await clone.info()).toMatchObject({ status: 'running', startedFrom: 'clone', memoryMib: 192 });
    expect((await box.metrics()).lastPauseSeconds).toBeGreaterThan(0);
    expect(await box.info()).toMatchObject({ status: 'running' });
  });

  it('can be cloned itself, stopped and started, and outlives what it was made of', async () => {
    const box = await spawnBox(runtime, small);
    await sh(box, `echo first > /root/generation; ${COUNTER}`);
    const child = await spawnClone(box);
    await sh(child, 'echo second >> /root/generation; echo second > /dev/shm/generation');
    await using grandchild = await spawnClone(child);
    await sh(grandchild, 'echo third >> /root/generation');
    await child.remove({ force: true });
    await box.remove({ force: true });
    expect(await unnamedLayers(runtime.home)).toEqual([]);

    expect(await sh(grandchild, 'cat /root/generation /dev/shm/generation')).toBe('first\nsecond\nthird\nsecond');
    expect(await countsOn(grandchild)).toBe(true);
    await grandchild.stop();
    expect(await sh(grandchild, 'cat /root/generation')).toBe('first\nsecond\nthird');
    // Started anew: from the disk alone.
    expect(await sh(grandchild, 'ls /dev/shm')).toBe('');
    await grandchild.remove({ force: true });
    expect(await layersOf(runtime.home)).toEqual([]);
  });

  it('of a paused Box runs, while that stays paused', async () => {
    await using box = await spawnBox(runtime, small);
    await sh(box, COUNTER);
    await box.pause();
    await using clone = await spawnClone(box);
    expect(await countsOn(clone)).toBe(true);
    expect(await box.info()).toMatchObject({ status: 'paused' });
    const reached = await count(clone);
    await box.resume();
    // It stood still while the clone went on.
    expect(await count(box)).toBeLessThan(reached);
    expect(await countsOn(box)).toBe(true);
  });

  it('of a stopped Box has its disk, and is stopped', async () => {
    await using box = await spawnBox(runtime, small);
    await sh(box, 'echo kept > /root/file');
    await box.stop();
    await using clones = await spawnClones(box, { count: 2 });
    const [one, two] = clones;
    if (one === undefined || two === undefined) throw new Error('two were asked for');
    expect(await one.info()).toMatchObject({ status: 'stopped', pid: null, startedFrom: null });
    expect(await sh(one, 'cat /root/file; echo changed > /root/file; cat /root/file')).toBe('kept\nchanged');
    expect(await sh(two, 'cat /root/file')).toBe('kept');
    expect(await sh(box, 'cat /root/file')).toBe('kept');
  });

  it('of a Box that was never started is one as well', async () => {
    await using box = await spawnBox(runtime, { ...small, labels: { role: 'pattern' }, env: { A: '1' } });
    await using clone = await spawnClone(box, { name: 'copy' });
    expect(await clone.info()).toMatchObject({
      status: 'configured',
      name: 'copy',
      labels: { role: 'pattern' },
      env: { A: '1' },
      pid: null,
    });
    expect(await sh(clone, 'echo $A; hostname')).toBe(`1\n${clone.id}`);
    expect(await box.info()).toMatchObject({ status: 'configured' });
  });

  it.each([
    ['running', async (box: LiteBox) => sh(box, COUNTER)],
    ['stopped', async (box: LiteBox) => box.start().then(() => box.stop())],
  ])('of a %s Box is not made under a name that is taken, and nothing is left of the attempt', async (_, prepare) => {
    await using other = await spawnBox(runtime, { ...small, name: 'set-3' });
    await using box = await spawnBox(runtime, small);
    await prepare(box);
    const before = await runtime.list();
    await expect(box.clone({ name: 'set', count: 4 })).rejects.toMatchObject({
      code: 'AlreadyExists',
      message: expect.stringContaining(other.id) as string,
    });
    expect((await runtime.list()).map(({ id, status }) => [id, status])).toEqual(before.map(({ id, status }) => [id, status]));
    expect(await unnamedLayers(runtime.home)).toEqual([]);
    await using clones = await spawnClones(box, { name: 'other', count: 2 });
    expect(clones).toHaveLength(2);
  });

  it('can be made again and again: the layers of the disk become one when the Box stops', async () => {
    await using box = await spawnBox(runtime, { ...small, diskSizeMib: 64 });
    await sh(box, 'echo kept > /root/file');
    await box.stop();
    const clones: LiteBox[] = [];
    const copy = async (): Promise<void> => {
      clones.push(...(await box.clone()));
    };
    // Each leaves what it is made of as it is, and puts another layer on the Box's disk.
    for (let layers = 1; layers < 64; layers += 1) await copy();
    await expect(copy()).rejects.toMatchObject({ code: 'ResourceExhausted', reason: 'disk-layers' });
    expect(await sh(box, 'cat /root/file; echo changed > /root/file')).toBe('kept');
    await box.stop();
    await copy();
    const [first, last] = [clones.at(0), clones.at(-1)];
    if (first === undefined || last === undefined) throw new Error('there are no clones');
    expect(await sh(first, 'cat /root/file')).toBe('kept');
    expect(await sh(last, 'cat /root/file')).toBe('changed');
    for (const clone of clones) await clone.remove({ force: true });
    // Its disk, and the layer for the last clone.
    expect(await layersOf(runtime.home)).toHaveLength(2);
  });

  it('is not made by options that make no sense', async () => {
    await using box = await spawnBox(runtime, small);
    for (const count of [0, -1, 1.5, 1001, Number.NaN])
      await expect(box.clone({ count })).rejects.toMatchObject({ code: 'InvalidArgument' });
    await expect(box.clone({ name: 'not a name' })).rejects.toMatchObject({ code: 'InvalidArgument' });
    await expect(box.clone({ snapshot: 'none' })).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('takes nothing from an execution of the Box, whose streams go on byte by byte', async () => {
    await using box = await spawnBox(runtime, small);
    const input = randomBytes(6 << 20);
    const execution = await box.exec('cat', [], { stdin: input });
    const output = createHash('sha256');
    let bytes = 0;
    let cloned: Promise<LiteBox[] & AsyncDisposable> | undefined;
    for await (const chunk of execution.stdout) {
      output.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes > input.length / 4) cloned ??= spawnClones(box, { count: 2 });
    }
    expect(await execution.wait()).toMatchObject({ exitCode: 0, signal: null });
    expect(bytes).toBe(input.length);
    expect(output.digest('hex')).toBe(createHash('sha256').update(input).digest('hex'));
    if (cloned === undefined) throw new Error('not cloned');
    await using clones = await cloned;
    for (const clone of clones) {
      // Its process is there too, with nobody who feeds it.
      expect(await sh(clone, 'echo works')).toBe('works');
    }
  });

  it('of a Box with 200 processes and open connections goes on with all of them', async () => {
    await using box = await spawnBox(runtime, { ...debian(), memoryMib: 512 });
    await box.files.write('/root/busy.py', BUSY);
    await sh(box, 'setsid python3 /root/busy.py >/root/busy.log 2>&1 &');
    const progress = async (one: LiteBox): Promise<{ echoed: number; wrong: number }> => {
      const [echoed, wrong] = (await sh(one, 'cat /dev/shm/progress 2>/dev/null || cat /root/busy.log >&2')).split(' ').map(Number);
      return { echoed: echoed ?? 0, wrong: wrong ?? 0 };
    };
    const processes = (one: LiteBox): Promise<string> => sh(one, 'cat /proc/[0-9]*/comm | grep -c python3');
    await eventually('traffic on all connections', async () => (await progress(box)).echoed > 2_000 || undefined, 60_000);
    expect(await processes(box)).toBe('201');
    await using clones = await spawnClones(box, { count: 2 });
    for (const one of [...clones, box]) {
      expect(await processes(one)).toBe('201');
      const { echoed } = await progress(one);
      const later = await eventually('more traffic', async () => {
        const now = await progress(one);
        return now.echoed > echoed + 1_000 ? now : undefined;
      });
      expect(later.wrong).toBe(0);
      expect(await sh(one, 'cat /root/busy.log')).toBe('');
    }
  });

  it('ends with its runtime, unless it is detached', async () => {
    await using home = await temporaryHome();
    const first = await BoxliteRuntime.open({ home: home.path });
    const [attached, detached] = [await first.create(small), await first.create({ ...small, detach: true })];
    await Promise.all([attached, detached].map((box) => sh(box, COUNTER)));
    const [one, two] = [await spawnClone(attached), await spawnClone(detached)];
    const [pidOne, pidTwo] = [await pidOf(one), await pidOf(two)];
    await first.close();
    expect([isAlive(pidOne), isAlive(pidTwo)]).toEqual([false, true]);

    await using second = await BoxliteRuntime.open({ home: home.path });
    expect((await (await second.get(one.id)).info()).status).toBe('stopped');
    const adopted = await second.get(two.id);
    expect(await adopted.info()).toMatchObject({ status: 'running', pid: pidTwo });
    expect(await countsOn(adopted)).toBe(true);
    for (const { id } of await second.list()) await second.remove(id, { force: true });
    expect(await layersOf(home.path)).toEqual([]);
    expect([isAlive(pidOne), isAlive(pidTwo)]).toEqual([false, false]);
  });

  it('can be made of a detached Box that another process has started', async () => {
    await using home = await temporaryHome();
    const program = `
      import { BoxliteRuntime } from '@boxlite/core';
      const [home, counter] = process.argv.slice(1);
      const runtime = await BoxliteRuntime.open({ home });
      const box = await runtime.create({ name: 'elsewhere', memoryMib: 192, detach: true });
      await box.run('sh', ['-c', 'echo kept > /dev/shm/file; ' + counter], { check: true });
      console.log((await box.info()).pid);
      await runtime.close();`;
    const pid = Number(await inAnotherProcess(program, [join(home.path, 'home'), COUNTER]));
    await using second = await BoxliteRuntime.open({ home: join(home.path, 'home') });
    await using box = await second.get('elsewhere');
    expect(await box.info()).toMatchObject({ status: 'running', pid });
    await using clones = await spawnClones(box, { count: 2 });
    for (const one of [box, ...clones]) {
      expect(await sh(one, 'cat /dev/shm/file')).toBe('kept');
      expect(await countsOn(one)).toBe(true);
    }
    await box.remove({ force: true });
  });
});

itLeavesNothing(sharedHome);

/** 180 processes that sleep, and 20 that echo what comes over TCP; always some numbers under way on each connection. */
const BUSY = `
import os, select, signal, socket, struct, time
for _ in range(180):
    if os.fork() == 0:
        signal.pause()
server = socket.create_server(('127.0.0.1', 0), backlog=32)
connections = []
for _ in range(20):
    if os.fork() == 0:
        peer = socket.create_connection(server.getsockname())
        while data := peer.recv(65536):
            time.sleep(0.01)
            peer.sendall(data)
        os._exit(1)
    connections.append(server.accept()[0])
sent, echoed, rest = [0] * 20, [0] * 20, [b''] * 20
wrong = 0
while True:
    for i, connection in enumerate(connections):
        while sent[i] - echoed[i] < 64:
            connection.sendall(struct.pack('>Q', sent[i]))
            sent[i] += 1
    for ready in select.select(connections, [], [], 1)[0]:
        i = connections.index(ready)
        data = rest[i] + ready.recv(65536)
        whole = len(data) // 8 * 8
        rest[i] = data[whole:]
        for number, in struct.iter_unpack('>Q', data[:whole]):
            wrong += number != echoed[i]
            echoed[i] += 1
    with open('/dev/shm/progress.new', 'w') as file:
        file.write(f'{sum(echoed)} {wrong}')
    os.rename('/dev/shm/progress.new', '/dev/shm/progress')
    time.sleep(0.02)
`;
