import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BoxliteRuntime, BoxliteRuntime as Runtime, type BoxOptions, type RuntimeOptions, toResult } from '@boxlite/core';
import { identityOf, machines, madeAhead, pidOf } from './support/ahead.js';
import { debian, sh, spawnBox, spawnClone, temporaryHome } from './support/boxes.js';
import { eventually } from './support/eventually.js';
import { itLeavesNothing } from './support/leaks.js';
import { unlessAll } from './support/long.js';
import { isAlive } from './support/processes.js';

const shape = { memoryMib: 256 };

describe('the warm pool', () => {
  let home: AsyncDisposable & { path: string };

  beforeAll(async () => {
    home = await temporaryHome();
  });

  afterAll(() => home[Symbol.asyncDispose]());

  const open = (options: RuntimeOptions): Promise<BoxliteRuntime> => Runtime.open({ home: home.path, ...options });
  /** With the pool filled. */
  const openFilled = async (size: number, options: BoxOptions = shape): Promise<BoxliteRuntime> => {
    const runtime = await open({ warmPool: { size, shape: options } });
    await madeAhead(runtime, 'machinesPooled', size);
    return runtime;
  };

  it('serves Boxes of any image, each with a VM of its own, and is refilled', async () => {
    await using runtime = await openFilled(1);
    await using first = await spawnBox(runtime, shape);
    expect(await sh(first, 'echo mine > /root/file; busybox | head -1')).toMatch(/^BusyBox/);
    await madeAhead(runtime, 'machinesPooled', 1);
    await using second = await spawnBox(runtime, { ...shape, ...debian(), env: { GREETING: 'hi' }, user: 'nobody', hostname: 'second' });
    expect(await sh(second, 'cat /etc/debian_version; echo $GREETING; id -un; hostname; ls /root/file 2>&1 || true')).toMatch(
      /^\d+\.\d+\nhi\nnobody\nsecond\nls: /,
    );
    for (const box of [first, second]) expect(await box.info()).toMatchObject({ startedFrom: 'pool', status: 'running' });
    expect(await pidOf(second)).not.toBe(await pidOf(first));
    expect(runtime.metrics()).toMatchObject({ poolClaims: 2, poolMisses: 0 });
    expect(await runtime.prometheus.metrics()).toMatch(/^boxlite_pool_claims_total 2$/m);
  });

  it('gives a Box that was stopped its own disk again', async () => {
    await using runtime = await openFilled(1);
    await using box = await spawnBox(runtime, { ...shape, ...debian() });
    await sh(box, 'dd if=/dev/urandom of=/root/noise bs=1M count=80 2>/dev/null; sha256sum /root/noise > /root/sum');
    await box.stop();
    await madeAhead(runtime, 'machinesPooled', 1);
    expect(await sh(box, 'sha256sum -c /root/sum')).toBe('/root/noise: OK');
    expect(await box.info()).toMatchObject({ startedFrom: 'pool' });
  });

  it('gives VMs that can be paused and cloned as others', async () => {
    await using runtime = await openFilled(1);
    await using box = await spawnBox(runtime, shape);
    await sh(box, 'echo before > /dev/shm/file');
    await box.pause();
    await box.resume();
    await using clone = await spawnClone(box);
    expect(await sh(clone, 'cat /dev/shm/file')).toBe('before');
    expect(await clone.info()).toMatchObject({ startedFrom: 'clone' });
  });

  it('has the container of its image ready, as the Box wants it, with no trace of what was there before', async () => {
    const options = { ...shape, ...debian(), hostname: 'own', env: { GREETING: 'hi' }, workingDir: '/srv/work' };
    const files = 'cd /; find . -xdev -printf "%p %y %m %u %s\\n" | sort';
    await using runtime = await openFilled(1, { ...shape, ...debian() });
    await using box = await spawnBox(runtime, options);
    expect(await sh(box, 'hostname; echo $HOSTNAME $GREETING; pwd; cat /etc/hostname')).toBe('own\nown hi\n/srv/work\nown');
    expect(await box.info()).toMatchObject({ startedFrom: 'pool', hostname: 'own' });
    await using other = await spawnBox(runtime, { ...options, capabilities: { drop: ['NET_RAW'] } });
    expect(await sh(box, files)).toBe(await sh(other, files));
    expect((await other.info()).startedFrom).not.toBe('pool');
    await sh(box, 'echo kept > /root/file');
    await box.stop();
    expect(await sh(box, 'cat /root/file')).toBe('kept');
    // The pool's containers are on disks of their own.
    expect((await box.info()).startedFrom).not.toBe('pool');
  });

  it('serves starts at the same time as long as it has VMs, and others start without it', async () => {
    await using runtime = await openFilled(2);
    const images = [{}, debian(), {}, debian()];
    const boxes = await Promise.all(images.map((image) => spawnBox(runtime, { ...shape, ...image })));
    await using _ = { [Symbol.asyncDispose]: () => Promise.all(boxes.map((box) => box[Symbol.asyncDispose]())).then(() => undefined) };
    const texts = await Promise.all(boxes.map((box, index) => sh(box, `echo ${String(index)} > /root/file; cat /root/file`)));
    expect(texts).toEqual(['0', '1', '2', '3']);
    expect(await Promise.all(boxes.map((box) => sh(box, 'test -e /etc/debian_version && echo debian || echo busybox')))).toEqual([
      'busybox',
      'debian',
      'busybox',
      'debian',
    ]);
    const origins = await Promise.all(boxes.map(async (box) => (await box.info()).startedFrom));
    expect(origins.filter((origin) => origin === 'pool')).toHaveLength(2);
    expect(new Set(await Promise.all(boxes.map(pidOf))).size).toBe(4);
    expect(runtime.metrics()).toMatchObject({ poolClaims: 2, poolMisses: 2, boxStartFailures: 0 });
  });

  it('gives each Box an identity and random numbers of its own', async () => {
    await using runtime = await openFilled(3);
    const boxes = await Promise.all([0, 1, 2].map(() => spawnBox(runtime, shape)));
    await using _ = { [Symbol.asyncDispose]: () => Promise.all(boxes.map((box) => box[Symbol.asyncDispose]())).then(() => undefined) };
    const seen = await Promise.all(boxes.map(identityOf));
    expect(await Promise.all(boxes.map(async (box) => (await box.info()).startedFrom))).toEqual(['pool', 'pool', 'pool']);
    expect(seen.every((values) => values.length === 5)).toBe(true);
    expect(new Set(seen.flat()).size).toBe(15);
    const times = await Promise.all(boxes.map(async (box) => Number(await sh(box, 'date +%s'))));
    for (const time of times) expect(Math.abs(time - Date.now() / 1_000)).toBeLessThan(5);
  });

  it('replaces a VM that was killed, and never hands it out', async () => {
    await using runtime = await openFilled(2);
    const [killed, other] = machines();
    if (killed === undefined || other === undefined) throw new Error('there are no VMs');
    process.kill(killed, 'SIGKILL');
    // Before or after its end is noticed.
    await using first = await spawnBox(runtime, shape);
    await using second = await spawnBox(runtime, shape);
    for (const box of [first, second]) expect(await sh(box, 'echo works')).toBe('works');
    expect(await pidOf(first)).not.toBe(killed);
    expect(await pidOf(second)).not.toBe(killed);
    await madeAhead(runtime, 'machinesPooled', 2);
    expect(await readdir(join(home.path, 'standby'))).toHaveLength(2);
  });

  it.each(unlessAll([0, 3, 25], [0, 1, 3, 6, 12, 25]))(
    'costs a Box nothing but time when its VM is killed %i ms after it was claimed',
    async (ms) => {
      await using runtime = await openFilled(1);
      const [killed] = machines();
      if (killed === undefined) throw new Error('there is no VM');
      await using box = await spawnBox(runtime, { ...shape, ...debian() });
      const started = toResult(box.start());
      await eventually('the claim', () => runtime.metrics().poolClaims === 1 || undefined);
      await sleep(ms);
      process.kill(killed, 'SIGKILL');
      // If it was the Box's already, the Box has failed, as any Box does.
      if (!(await started).ok) expect(await box.info()).toMatchObject({ status: 'failed' });
      const works = await eventually('the Box to work', () => sh(box, 'cat /etc/debian_version').catch(() => undefined));
      expect(works).toMatch(/^\d/);
      expect(await pidOf(box)).not.toBe(killed);
    },
  );

  it.each(unlessAll([5], [0, 5, 20]))('is left by a Box that is stopped %i ms after it claimed a VM', async (ms) => {
    await using runtime = await openFilled(1);
    await using box = await spawnBox(runtime, shape);
    const started = toResult(box.start());
    await eventually('the claim', () => runtime.metrics().poolClaims === 1 || undefined);
    await sleep(ms);
    await box.stop();
    await started;
    expect(await box.info()).toMatchObject({ pid: null });
    expect(await sh(box, 'echo again')).toBe('again');
  });

  it.each<[string, BoxOptions]>([
    ['other memory', { memoryMib: 320 }],
    ['more processors', { ...shape, cpus: 2 }],
    ['a larger disk', { ...shape, diskSizeMib: 8192 }],
    ['a life after the runtime', { ...shape, detach: true }],
    ['a volume, which is a device', { ...shape, volumes: [{ name: 'data', boxPath: '/data' }] }],
  ])('is not for a Box with %s', async (_, options) => {
    await using runtime = await openFilled(1);
    await using box = await spawnBox(runtime, options);
    expect(await sh(box, 'echo works')).toBe('works');
    expect((await box.info()).startedFrom).not.toBe('pool');
    expect(runtime.metrics()).toMatchObject({ machinesPooled: 1, poolMisses: 1 });
  });

  it.each<[string, BoxOptions]>([
    ['another image', shape],
    ['another size of disk', { ...shape, ...debian(), diskSizeMib: 1024 }],
    ['other capabilities', { ...shape, ...debian(), capabilities: { drop: ['NET_RAW'] } }],
  ])('has no container ready for %s', async (_, options) => {
    await using runtime = await openFilled(1, { ...shape, ...debian() });
    await using box = await spawnBox(runtime, options);
    expect(await sh(box, 'echo works')).toBe('works');
    expect((await box.info()).startedFrom).not.toBe('pool');
    expect(runtime.metrics().machinesPooled).toBe(1);
  });

  it('neither delays nor fails its runtime when it cannot be filled, and says why in the log', async () => {
    await using runtime = await open({ warmPool: { size: 2, shape: { ...shape, image: 'localhost:9/no-such:latest' } } });
    await using box = await spawnBox(runtime, shape);
    expect(await sh(box, 'echo works')).toBe('works');
    expect(runtime.metrics()).toMatchObject({ machinesPooled: 0, poolMisses: 1 });
    await eventually('two failed pulls', () => runtime.metrics().imagePullFailures >= 2 || undefined);
  });

  it.each(unlessAll([0, 200, 1_000], [0, 50, 200, 500, 1_000]))(
    'leaves nothing when its runtime is closed %i ms after it was opened',
    async (ms) => {
      const runtime = await open({ warmPool: { size: 2, shape } });
      await sleep(ms);
      await runtime.close();
      expect(machines()).toEqual([]);
      expect(await readdir(join(home.path, 'standby'))).toEqual([]);
      expect(await readdir(join(home.path, 'disks'))).toEqual([]);
    },
  );

  it('is gone with its owner, however that ends', async () => {
    const script = `
      import { readFileSync } from 'node:fs';
      import { BoxliteRuntime } from '@boxlite/core';
      const [home, ociLayout] = process.argv.slice(1);
      const runtime = await BoxliteRuntime.open({ home, warmPool: { size: 1, shape: { memoryMib: 256, rootfs: { ociLayout } } } });
      while (runtime.metrics().machinesPooled < 1) await new Promise((resolve) => setTimeout(resolve, 20));
      console.log(readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim());`;
    const { ociLayout } = debian().rootfs as { ociLayout: string };
    const flags = ['--import', 'tsx', '--conditions', '@boxlite/source', '--input-type', 'module'];
    const owner = spawn(process.execPath, [...flags, '-e', script, home.path, ociLayout], {
      cwd: __dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(owner.stdout, 'data')) as [Buffer];
    const pids = line.toString().trim().split(' ').map(Number);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    await eventually('the pool to end', () => !pids.some(isAlive) || undefined);
    expect(await readdir(join(home.path, 'standby'))).toHaveLength(1);
    await (await open({})).close();
    expect(await readdir(join(home.path, 'standby'))).toEqual([]);
    expect(await readdir(join(home.path, 'disks'))).toEqual([]);
  });

  it('refuses options that it cannot do anything with', async () => {
    await expect(open({ warmPool: { size: -1 } })).rejects.toMatchObject({ code: 'InvalidArgument' });
    await expect(open({ warmPool: { size: 1, shape: { detach: true } } })).rejects.toMatchObject({ code: 'InvalidArgument' });
  });

  itLeavesNothing(() => home.path);
});
