import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { BoxliteRuntime, type BoxOptions, type LiteBox } from '@boxlite/core';
import { openRuntime, sh, sharedHome, spawnBox, spawnClone, temporaryHome } from './support/boxes.js';
import { eventually } from './support/eventually.js';
import { itLeavesNothing } from './support/leaks.js';
import { isAlive } from './support/processes.js';
import { COUNTER, count, countsOn } from './support/programs.js';

const small: BoxOptions = { memoryMib: 192 };

describe('a paused Box', () => {
  let runtime: BoxliteRuntime;

  beforeAll(async () => {
    runtime = await openRuntime();
  });

  afterAll(() => runtime.close());

  const pidOf = async (box: LiteBox): Promise<number> => (await box.info()).pid ?? -1;

  /** How far the guest's clock is from this one, in seconds; both are read within the same call. */
  const clockError = async (box: LiteBox): Promise<number> => {
    const before = Date.now();
    const guest = Number(await sh(box, 'date +%s'));
    const after = Date.now();
    // The guest tells whole seconds.
    return Math.max(0, before / 1_000 - (guest + 1), guest - after / 1_000);
  };

  it('stands still, and goes on with the right time', async () => {
    await using box = await spawnBox(runtime, small);
    await sh(box, COUNTER);
    const at = await count(box);
    await Promise.all([box.pause(), box.pause()]);
    expect(await box.info()).toMatchObject({ status: 'paused', pid: await pidOf(box) });
    const cpu = async (): Promise<number> => {
      const fields = (await readFile(`/proc/${String(await pidOf(box))}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
      return Number(fields[11]) + Number(fields[12]);
    };
    const before = await cpu();
    await sleep(3_000);
    // In ticks of 10 ms.
    expect((await cpu()) - before).toBeLessThanOrEqual(2);
    await Promise.all([box.resume(), box.resume()]);
    expect(await clockError(box)).toBeLessThan(1);
    // 60 steps of 50 ms would have been made meanwhile.
    expect((await count(box)) - at).toBeLessThan(50);
    expect(await countsOn(box)).toBe(true);
    expect(await box.info()).toMatchObject({ status: 'running', error: null });
  });

  it('has the right time as well when it is cloned, or put back to what it was', async () => {
    await using box = await spawnBox(runtime, small);
    await box.start();
    await box.snapshots.create('then');
    await box.pause();
    await sleep(3_000);
    // A clone of a paused Box runs.
    await using clone = await spawnClone(box);
    expect(await clockError(clone)).toBeLessThan(1);
    await box.snapshots.restore('then');
    expect(await clockError(box)).toBeLessThan(1);
  });

  it('refuses commands, and cannot be what it is not', async () => {
    await using box = await spawnBox(runtime, small);
    const refused = { code: 'InvalidState' };
    await expect(box.pause()).rejects.toMatchObject(refused);
    await expect(box.resume()).rejects.toMatchObject(refused);
    await box.start();
    await box.resume();
    await box.pause();
    const paused = { code: 'InvalidState', message: expect.stringContaining('resume it first') as string };
    await expect(box.run('true')).rejects.toMatchObject(paused);
    await expect(box.exec('true')).rejects.toMatchObject(paused);
    await expect(box.start()).rejects.toMatchObject(paused);
    await expect(box.files.read('/etc/passwd')).rejects.toMatchObject(paused);
    await expect(box.remove()).rejects.toMatchObject(refused);
    expect(await box.metrics()).toMatchObject({ guest: null });
    await box.resume();
    expect(await sh(box, 'echo works')).toBe('works');
    await box.stop();
    await expect(box.pause()).rejects.toMatchObject(refused);
  });

  it('holds up its executions, which lose no byte', async () => {
    await using box = await spawnBox(runtime, small);
    const input = randomBytes(6 << 20);
    const execution = await box.exec('cat', [], { stdin: input });
    const output = createHash('sha256');
    let bytes = 0;
    let pauses = 0;
    let resumed: Promise<void> = Promise.resolve();
    for await (const chunk of execution.stdout) {
      output.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes < ((pauses + 1) * input.length) / 4 || pauses === 3) continue;
      pauses += 1;
      await resumed;
      await box.pause();
      resumed = sleep(200).then(() => box.resume());
    }
    await resumed;
    expect(await execution.wait()).toMatchObject({ exitCode: 0, signal: null });
    expect(pauses).toBe(3);
    expect(bytes).toBe(input.length);
    expect(output.digest('hex')).toBe(createHash('sha256').update(input).digest('hex'));
  });

  it('prints nothing', async () => {
    await using box = await spawnBox(runtime, small);
    const execution = await box.exec('sh', ['-c', 'while true; do echo tick; sleep 0.02; done']);
    let ticks = 0;
    execution.stdout.on('data', () => {
      ticks += 1;
    });
    await eventually('ticks', () => ticks > 3 || undefined);
    await box.pause();
    // What was on its way comes still.
    await sleep(100);
    const before = ticks;
    await sleep(500);
    expect(ticks).toBe(before);
    await box.resume();
    await eventually('ticks again', () => ticks > before + 3 || undefined);
    await execution.kill();
    expect(await execution.wait()).toMatchObject({ signal: 'SIGKILL' });
  });

  it('stops gracefully', async () => {
    await using box = await spawnBox(runtime, small);
    await box.exec('sh', ['-c', 'trap "echo graceful > /root/last; exit" TERM; echo > /dev/shm/ready; while true; do sleep 0.05; done']);
    await eventually('the trap', async () => (await box.run('test', ['-e', '/dev/shm/ready'])).exitCode === 0 || undefined);
    await box.pause();
    await box.stop();
    expect(await box.info()).toMatchObject({ status: 'stopped', pid: null, error: null });
    expect(await sh(box, 'cat /root/last')).toBe('graceful');
  });

  it('can be switched off and removed as it is', async () => {
    await using box = await spawnBox(runtime, small);
    await sh(box, 'echo kept > /root/file; sync');
    await box.pause();
    const pid = await pidOf(box);
    await box.stop({ timeoutMs: 0 });
    expect(isAlive(pid)).toBe(false);
    expect(await sh(box, 'cat /root/file')).toBe('kept');
    await box.pause();
    await box.remove({ force: true });
    await expect(box.resume()).rejects.toMatchObject({ name: 'BoxliteError' });
  });

  it('is failed when its VM dies', async () => {
    await using box = await spawnBox(runtime, small);
    const execution = await box.exec('sleep', ['1000']);
    await box.pause();
    process.kill(await pidOf(box), 'SIGKILL');
    await expect(execution.wait()).rejects.toMatchObject({ name: 'BoxliteError' });
    await eventually('the Box to be failed', async () => (await box.info()).status === 'failed' || undefined);
    expect(await box.info()).toMatchObject({ pid: null, error: { code: 'Engine', message: expect.stringContaining('SIGKILL') as string } });
    await expect(box.resume()).rejects.toMatchObject({ code: 'InvalidState' });
    expect(await sh(box, 'echo again')).toBe('again');
  });

  it('stays paused when it is detached and adopted by the next runtime', async () => {
    await using home = await temporaryHome();
    const first = await BoxliteRuntime.open({ home: home.path });
    const { id } = await first.create({ ...small, detach: true });
    const before = await first.get(id);
    await sh(before, COUNTER);
    const at = await count(before);
    await before.pause();
    const pid = await pidOf(before);
    await first.close();
    expect(isAlive(pid)).toBe(true);
    await sleep(1_000);

    await using second = await BoxliteRuntime.open({ home: home.path });
    const box = await second.get(id);
    expect(await box.info()).toMatchObject({ status: 'paused', pid });
    await expect(box.run('true')).rejects.toMatchObject({ code: 'InvalidState' });
    await box.resume();
    expect(await clockError(box)).toBeLessThan(1);
    expect((await count(box)) - at).toBeLessThan(50);
    expect(await countsOn(box)).toBe(true);
    await box.remove({ force: true });
  });

  it('ends with its runtime when it is not detached', async () => {
    await using home = await temporaryHome();
    const first = await BoxliteRuntime.open({ home: home.path });
    const box = await first.create(small);
    await sh(box, 'echo kept > /root/file');
    await box.pause();
    const pid = await pidOf(box);
    await first.close();
    expect(isAlive(pid)).toBe(false);
    await using second = await BoxliteRuntime.open({ home: home.path });
    const after = await second.get(box.id);
    expect(await after.info()).toMatchObject({ status: 'stopped' });
    expect(await sh(after, 'cat /root/file')).toBe('kept');
  });
});

itLeavesNothing(sharedHome);
