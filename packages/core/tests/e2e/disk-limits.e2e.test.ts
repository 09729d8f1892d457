import { BoxliteRuntime, type LiteBox } from '@boxlite/core';
import { madeAhead } from './support/ahead.js';
import { eventually } from './support/eventually.js';
import { openRuntime, sh, spawnBox, spawnClone, temporaryHome } from './support/boxes.js';

const MIB = 2 ** 20;
const SHAPE = { memoryMib: 128, diskSizeMib: 256 };

/** A second's worth may go at once; what comes after it takes its time, on the fastest disk. */
const SECONDS = 2;

const seconds = async (box: LiteBox, command: string): Promise<number> => {
  const begin = performance.now();
  await sh(box, command);
  return (performance.now() - begin) / 1_000;
};

const MEGABYTES = String(SECONDS + 1);
const WRITE = `dd if=/dev/zero of=/file bs=1M count=${MEGABYTES} conv=fsync`;
const READ = `dd if=/file of=/dev/null bs=1M count=${MEGABYTES} iflag=direct`;

const isSlow = async (box: LiteBox, command: string): Promise<void> => {
  expect(await seconds(box, command)).toBeGreaterThan(SECONDS - 1);
};

describe('limits of disks', () => {
  it('hold from the first start on, in clones, and after a stop', async () => {
    await using runtime = await openRuntime();
    await using box = await spawnBox(runtime, { ...SHAPE, diskLimits: { readBps: MIB, writeBps: MIB } });
    await isSlow(box, WRITE);
    await isSlow(box, READ);
    expect((await box.info()).diskLimits).toEqual({ readBps: MIB, writeBps: MIB, readIops: null, writeIops: null });
    await using clone = await spawnClone(box);
    await isSlow(clone, WRITE);
    await box.stop();
    await isSlow(box, WRITE);
  });

  it('hold what goes on in a clone from its first moment', async () => {
    await using runtime = await openRuntime();
    await using box = await spawnBox(runtime, { ...SHAPE, diskLimits: { writeBps: MIB } });
    await box.exec('dd', ['if=/dev/zero', 'of=/file', 'bs=1M', 'count=200', 'oflag=direct']);
    const written = async (one: LiteBox): Promise<number> => Number(await sh(one, 'wc -c < /file || echo 0')) / MIB;
    await eventually('the first to be written', async () => (await written(box)) > 0 || undefined, 30_000);
    const before = await written(box);
    const begin = performance.now();
    await using clone = await spawnClone(box);
    const more = (await written(clone)) - before;
    // Of its own second's worth at once, and of the parent's.
    expect(more).toBeLessThan((performance.now() - begin) / 1_000 + 2);
  });

  it('hold in a VM of the pool', async () => {
    await using home = await temporaryHome();
    await using runtime = await BoxliteRuntime.open({ home: home.path, warmPool: { size: 1, shape: SHAPE } });
    await madeAhead(runtime, 'machinesPooled', 1);
    await using box = await spawnBox(runtime, { ...SHAPE, diskLimits: { writeIops: 5 } });
    await box.start();
    expect((await box.info()).startedFrom).toBe('pool');
    await isSlow(box, 'for i in $(seq 20); do echo $i > /file$i; sync /file$i; done');
  });
});
