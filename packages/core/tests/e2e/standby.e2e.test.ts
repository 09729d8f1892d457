import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type BoxliteRuntime, BoxliteRuntime as Runtime, type BoxOptions } from '@boxlite/core';
import { identityOf, machines, madeAhead, pidOf } from './support/ahead.js';
import { debian, sh, spawnBox, temporaryHome } from './support/boxes.js';
import { itLeavesNothing } from './support/leaks.js';

/** A Box whose container differs from the usual one, so that it is started from the template of its shape, never from one of its image. */
const plain: BoxOptions = { memoryMib: 256, capabilities: { drop: ['NET_RAW'] } };

describe('VMs that wait', () => {
  let home: AsyncDisposable & { path: string };

  beforeAll(async () => {
    home = await temporaryHome();
  });

  afterAll(() => home[Symbol.asyncDispose]());

  const open = (standby: number): Promise<BoxliteRuntime> => Runtime.open({ home: home.path, standby });
  /** With as many VMs waiting for the template of `options`. */
  const openFilled = async (standby: number, options = plain): Promise<BoxliteRuntime> => {
    const runtime = await open(standby);
    await using box = await spawnBox(runtime, options);
    await box.start();
    await madeAhead(runtime, 'machinesWaiting', standby);
    return runtime;
  };

  it('are there from the first start on, serve those that follow, and are replaced', async () => {
    await using runtime = await open(2);
    expect(runtime.metrics()).toMatchObject({ machinesWaiting: 0 });
    for (const image of [{}, debian(), {}]) {
      await using box = await spawnBox(runtime, { ...plain, ...image });
      expect(await sh(box, 'echo mine > /root/file; cat /root/file')).toBe('mine');
      expect(await box.info()).toMatchObject({ startedFrom: 'template' });
      await madeAhead(runtime, 'machinesWaiting', 2);
      expect(machines()).toHaveLength(3);
    }
    expect(runtime.metrics()).toMatchObject({ standbyClaims: 2, standbyMisses: 1 });
    expect(await runtime.prometheus.metrics()).toMatch(/^boxlite_standby_machines 2$/m);
  });

  it('serve a Box that was stopped, with its disk', async () => {
    await using runtime = await openFilled(1);
    await using box = await spawnBox(runtime, { ...plain, ...debian() });
    await sh(box, 'dd if=/dev/urandom of=/root/noise bs=1M count=80 2>/dev/null; sha256sum /root/noise > /root/sum');
    await box.stop();
    await madeAhead(runtime, 'machinesWaiting', 1);
    expect(await sh(box, 'sha256sum -c /root/sum')).toBe('/root/noise: OK');
    expect(runtime.metrics()).toMatchObject({ standbyClaims: 2 });
  });

  it('serve as many starts at the same time as there are of them', async () => {
    await using runtime = await openFilled(2);
    const boxes = await Promise.all([0, 1, 2, 3].map(() => spawnBox(runtime, plain)));
    await using _ = { [Symbol.asyncDispose]: () => Promise.all(boxes.map((box) => box[Symbol.asyncDispose]())).then(() => undefined) };
    const seen = await Promise.all(boxes.map(identityOf));
    expect(new Set(seen.flat()).size).toBe(20);
    expect(new Set(await Promise.all(boxes.map(pidOf))).size).toBe(4);
    expect(runtime.metrics()).toMatchObject({ standbyClaims: 2, standbyMisses: 3 });
  });

  it('wait for the template that was used last', async () => {
    await using runtime = await openFilled(1);
    const [old] = machines();
    await using other = await spawnBox(runtime, { ...plain, memoryMib: 192 });
    await other.start();
    await madeAhead(runtime, 'machinesWaiting', 1);
    expect(machines()).not.toContain(old);
    await using next = await spawnBox(runtime, { ...plain, memoryMib: 192 });
    await next.start();
    expect(runtime.metrics()).toMatchObject({ standbyClaims: 1, standbyMisses: 2 });
  });

  it('are given disks of usual sizes, and wait for larger ones once such a Box has started', async () => {
    await using runtime = await openFilled(1, { ...plain, diskSizeMib: 512 });
    await using usual = await spawnBox(runtime, plain);
    await usual.start();
    await madeAhead(runtime, 'machinesWaiting', 1);
    await using large = await spawnBox(runtime, { ...plain, diskSizeMib: 8192 });
    await large.start();
    await madeAhead(runtime, 'machinesWaiting', 1);
    await using next = await spawnBox(runtime, { ...plain, diskSizeMib: 8192 });
    expect(await sh(next, 'df -m / | awk \'NR==2 && $2 > 7000 {print "large"}\'')).toBe('large');
    expect(runtime.metrics()).toMatchObject({ standbyClaims: 2, standbyMisses: 2 });
  });

  it('are not for a Box that lives on', async () => {
    await using runtime = await openFilled(1);
    await using box = await spawnBox(runtime, { ...plain, detach: true });
    await box.start();
    expect(runtime.metrics()).toMatchObject({ standbyClaims: 0, machinesWaiting: 1 });
  });

  it('are replaced when they are killed, and never used then', async () => {
    await using runtime = await openFilled(1);
    const [killed] = machines();
    if (killed === undefined) throw new Error('no VM waits');
    process.kill(killed, 'SIGKILL');
    await using box = await spawnBox(runtime, plain);
    expect(await sh(box, 'echo works')).toBe('works');
    await madeAhead(runtime, 'machinesWaiting', 1);
    expect(machines()).not.toContain(killed);
  });

  it('keep what they need of a template that is removed', async () => {
    await using runtime = await openFilled(1);
    const templates = join(home.path, 'templates');
    for (const id of await readdir(templates)) await rm(join(templates, id, 'memory'));
    await using box = await spawnBox(runtime, plain);
    expect(await sh(box, 'echo works')).toBe('works');
  });

  it('end with their runtime', async () => {
    const runtime = await openFilled(2);
    await runtime.close();
    expect(machines()).toEqual([]);
    expect(await readdir(join(home.path, 'standby'))).toEqual([]);
  });

  it.each([-1, 0.5, 65, Number.NaN])('are not %d', async (standby) => {
    await expect(open(standby)).rejects.toMatchObject({ code: 'InvalidArgument', message: expect.stringContaining('standby') as string });
  });

  itLeavesNothing(() => home.path);
});
