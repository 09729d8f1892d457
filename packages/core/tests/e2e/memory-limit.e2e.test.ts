import { BoxliteRuntime, type BoxOptions, type LiteBox } from '@boxlite/core';
import { madeAhead } from './support/ahead.js';
import { debian, sh, spawnBox, spawnClone, temporaryHome } from './support/boxes.js';

const MIB = 2 ** 20;

/** What the container's own cgroup says, in bytes; it is what the metrics and the configuration say too. */
const limitOf = async (box: LiteBox): Promise<number> => {
  const limit = Number(await sh(box, 'cat /sys/fs/cgroup/memory.max'));
  expect((await box.metrics()).guest?.containerMemoryLimitBytes).toBe(limit);
  expect((await box.ociConfig()).linux.resources.memory).toEqual({ limit });
  return limit;
};

describe('the memory that the container may have', () => {
  let home: AsyncDisposable & { path: string };

  beforeAll(async () => {
    home = await temporaryHome();
  });

  afterAll(() => home[Symbol.asyncDispose]());

  it('is what its guest can spare, from whatever its VM came', async () => {
    const shape: BoxOptions = { memoryMib: 256 };
    let limit = 0;
    {
      await using runtime = await BoxliteRuntime.open({ home: home.path, warmPool: { size: 1, shape } });
      await madeAhead(runtime, 'machinesPooled', 1);
      await using pooled = await spawnBox(runtime, shape);
      limit = await limitOf(pooled);
      expect((await pooled.info()).startedFrom).toBe('pool');
      const { guest } = await pooled.metrics();
      expect(limit).toBeGreaterThan(128 * MIB);
      expect(limit).toBeLessThan(guest?.memoryTotalBytes ?? 0);
      await using clone = await spawnClone(pooled);
      expect(await limitOf(clone)).toBe(limit);
    }
    // From the template that the pool was made from.
    await using runtime = await BoxliteRuntime.open({ home: home.path });
    await using templated = await spawnBox(runtime, shape);
    expect(await limitOf(templated)).toBe(limit);
    expect((await templated.info()).startedFrom).toBe('template');
    await using larger = await spawnBox(runtime, { memoryMib: 384 });
    expect((await limitOf(larger)) - limit).toBeGreaterThan(100 * MIB);
    expect((await limitOf(larger)) - limit).toBeLessThan(128 * MIB);
    // Nobody can know what a guest leaves that does not run.
    await larger.stop();
    expect((await larger.ociConfig()).linux.resources).not.toHaveProperty('memory');
  });

  it('is not that of the rest of the guest: who takes all of it is ended by its own cgroup', async () => {
    await using runtime = await BoxliteRuntime.open({ home: home.path });
    await using box = await spawnBox(runtime, { ...debian(), memoryMib: 256 });
    const other = await box.exec('sleep', ['1000']);
    const shell = await box.exec('sh', ['-c', 'read line; exit 137'], { stdin: 'pipe' });
    const hog = 'b = []\nwhile True: b.append(bytearray(8 << 20))';
    expect(await box.run('python3', ['-c', hog])).toMatchObject({ signal: 'SIGKILL', oomKilled: true });
    // `max`: its own limit was met, again and again; the guest as a whole had something left.
    expect(await sh(box, 'grep -E "^(oom_kill|oom_group_kill) " /sys/fs/cgroup/memory.events')).toBe('oom_kill 1\noom_group_kill 0');
    expect(Number(await sh(box, 'awk \'$1 == "max" { print $2 }\' /sys/fs/cgroup/memory.events'))).toBeGreaterThan(0);
    const { guest } = await box.metrics();
    expect(guest?.memoryAvailableBytes).toBeGreaterThan(8 * MIB);
    // What fills memory as files does no more harm.
    expect(await box.run('sh', ['-c', 'head -c 1000M /dev/zero > /dev/shm/file'])).toMatchObject({ exitCode: 1 });
    await sh(box, 'rm /dev/shm/file; head -c 400M /dev/zero > /root/file');
    shell.stdin.end('\n');
    expect(await shell.wait()).toMatchObject({ exitCode: 137, oomKilled: false });
    await other.kill();
    // Killed by somebody else, though the kernel killed another one meanwhile.
    expect(await other.wait()).toMatchObject({ signal: 'SIGKILL', oomKilled: false });
  });
});
