import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { BoxliteRuntime, toResult } from '@boxlite/core';
import { inAnotherProcess } from './support/another-process.js';
import { openRuntime, sh, sharedHome, spawnBox, temporaryHome } from './support/boxes.js';
import { eventually } from './support/eventually.js';
import { itLeavesNothing } from './support/leaks.js';
import { isAlive } from './support/processes.js';

const LEAVES_A_BOX_THAT_PANICS = `
  import { BoxliteRuntime } from '@boxlite/core';
  const runtime = await BoxliteRuntime.open({ home: process.argv.at(-1) });
  const box = await runtime.create({ name: 'it', detach: true, memoryMib: 128, capabilities: { add: ['SYS_ADMIN'] } });
  const panics = 'mkdir /proc2; mount -t proc proc /proc2; echo 2 > /proc2/sys/vm/panic_on_oom';
  await box.run('sh', ['-c', 'echo kept > /root/file; sync; ' + panics], { check: true });
  await box.exec('sh', ['-c', 'until [ -e /root/go ]; do sleep 0.1; done; sleep 1; tail /dev/zero']);
  console.log((await box.info()).pid);
  await box.run('touch', ['/root/go']);
  await runtime.close();
`;

describe('a Box', () => {
  it('whose kernel panics is failed, with its last words, and starts again with what it had written', async () => {
    await using runtime = await openRuntime();
    await using box = await spawnBox(runtime, { memoryMib: 128, capabilities: { add: ['SYS_ADMIN'] } });
    await sh(box, 'echo kept > /root/file; sync; mkdir /proc2; mount -t proc proc /proc2');
    const ended = await toResult(box.run('sh', ['-c', 'echo 2 > /proc2/sys/vm/panic_on_oom; tail /dev/zero']));
    const message = expect.stringMatching(/panic/i) as string;
    expect(ended).toMatchObject({ ok: false, error: { code: 'Engine', reason: 'vm-died', message } });
    expect(await box.info()).toMatchObject({ status: 'failed', pid: null, error: { code: 'Engine', message } });
    expect(await sh(box, 'cat /root/file')).toBe('kept');
  });

  it('whose kernel panics while no program has its home is found ended, with its last words, and starts again', async () => {
    await using home = await temporaryHome();
    const pid = Number(await inAnotherProcess(LEAVES_A_BOX_THAT_PANICS, [home.path]));
    await eventually('its end', () => Promise.resolve(!isAlive(pid) || undefined), 60_000);
    await using runtime = await BoxliteRuntime.open({ home: home.path });
    const box = await runtime.get('it');
    // One whose end nobody has waited for seems to be there at first, and crashes.
    await eventually('its state', async () => (await box.info()).status !== 'running' || undefined);
    const message = expect.stringMatching(/(while no program had the home|by itself)[^]*last words[^]*panic/i) as string;
    expect(await box.info()).toMatchObject({
      status: expect.stringMatching(/stopped|failed/) as string,
      pid: null,
      error: { code: 'Engine', message },
    });
    expect(await sh(box, 'cat /root/file')).toBe('kept');
    expect(await box.info()).toMatchObject({ error: null });
    await box.remove({ force: true });
  });

  it('whose VMM crashes is failed, with its signal and the last words, and starts again', async () => {
    await using home = await temporaryHome();
    await using runtime = await BoxliteRuntime.open({ home: home.path });
    await using box = await spawnBox(runtime, { memoryMib: 128 });
    await sh(box, 'echo kept > /root/file; sync');
    // The kernel says on its console whom it has ended.
    expect(await box.run('tail', ['/dev/zero'])).toMatchObject({ signal: 'SIGKILL', oomKilled: true });
    const execution = await box.exec('sh', ['-c', 'while :; do :; done']);
    // Memory that is not there any more, and in use. A signal that is only sent would not end it: it is the first process of its namespace.
    await truncate(join(home.path, 'boxes', box.id, 'memory'), 0);
    const message = expect.stringMatching(/SIG(SEGV|BUS|ABRT)[^]*last words[^]*out of memory/i) as string;
    await expect(execution.wait()).rejects.toMatchObject({ code: 'Engine', reason: 'vm-died', message });
    expect(await box.info()).toMatchObject({ status: 'failed', pid: null, error: { code: 'Engine', message } });
    expect(await sh(box, 'cat /root/file')).toBe('kept');
  });

  it('whose own disk is full says so to its programs, and goes on', async () => {
    await using runtime = await openRuntime();
    await using box = await spawnBox(runtime, { memoryMib: 128, diskSizeMib: 64 });
    const { stderr, exitCode } = await box.run('sh', ['-c', 'dd if=/dev/zero of=/root/big bs=1M count=100']);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('No space left on device');
    expect(await sh(box, 'rm /root/big; echo kept > /root/file; sync; cat /root/file')).toBe('kept');
    await box.stop();
    expect(await sh(box, 'cat /root/file')).toBe('kept');
  });

  it('goes on whatever its clock says, and ends its commands in their time', async () => {
    await using runtime = await openRuntime();
    await using box = await spawnBox(runtime, { memoryMib: 128, capabilities: { add: ['SYS_TIME'] } });
    for (const date of ['2001-01-01 00:00', '2037-01-01 00:00']) {
      const limited = box.run('sleep', ['1000'], { timeoutMs: 3_000 });
      await sh(box, `date -s '${date}'`);
      expect(await limited).toMatchObject({ timedOut: true });
      expect(await sh(box, 'echo works')).toBe('works');
    }
    await box.stop();
    expect((await box.info()).status).toBe('stopped');
    // The next start has the host's time.
    expect(Math.abs(Number(await sh(box, 'date +%s')) - Date.now() / 1_000)).toBeLessThan(60);
  });
});

describe('a program whose clock jumps', () => {
  const now = Date.now;

  afterEach(() => {
    Date.now = now;
  });

  it.each([400, -400])('by %d days starts, uses and stops its Boxes', async (days) => {
    await using runtime = await openRuntime();
    await using box = await spawnBox(runtime, { memoryMib: 128 });
    const jumping = (async () => {
      await box.start();
      return sh(box, 'echo works');
    })();
    Date.now = () => now() + days * 86_400_000;
    expect(await jumping).toBe('works');
    await box.pause();
    await box.resume();
    expect(await sh(box, 'echo works')).toBe('works');
    await box.stop();
    expect(await sh(box, 'echo works')).toBe('works');
  });
});

itLeavesNothing(sharedHome);
