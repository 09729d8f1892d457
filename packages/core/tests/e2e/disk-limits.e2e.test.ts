import { BoxliteRuntime, type LiteBox } from '@boxlite/core';
import { madeAhead } from './support/ahead.js';
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
