import { setTimeout as sleep } from 'node:timers/promises';
import { type BoxOptions, BoxliteRuntime } from '@boxlite/core';
import { pidOf } from './support/ahead.js';
import { openRuntime, sh, sharedHome, spawnBox, temporaryHome } from './support/boxes.js';
import { itLeavesNothing } from './support/leaks.js';

const small: BoxOptions = { memoryMib: 128, diskSizeMib: 64 };
const stubborn: BoxOptions = { ...small, cmd: ['sh', '-c', 'trap "" TERM; while true; do sleep 1; done'] };
/** What is known of a VMM that is no child of this process does not include its signal. */
const died = (how = 'SIGKILL') => ({
  status: 'failed',
  stopReason: null,
  pid: null,
  error: { code: 'Engine', message: expect.stringMatching(new RegExp(`by itself[^]*${how}`)) as string },
});

describe('a Box whose VM dies', () => {
  it('just before it is stopped is failed, with the reason, and starts again', async () => {
    await using runtime = await openRuntime();
    await using box = await spawnBox(runtime, small);
    await sh(box, 'echo kept > /root/file; sync');
    process.kill(await pidOf(box), 'SIGKILL');
    await box.stop();
    expect(await box.info()).toMatchObject(died());
    expect(runtime.metrics().boxCrashes).toBe(1);
    expect(await sh(box, 'cat /root/file')).toBe('kept');
    await box.stop();
    expect(await box.info()).toMatchObject({ status: 'stopped', stopReason: 'asked', error: null });
  });

  it('while it is being stopped is failed', async () => {
    await using runtime = await openRuntime();
    await using box = await spawnBox(runtime, stubborn);
    await box.start();
    const pid = await pidOf(box);
    const stopped = box.stop({ timeoutMs: 60_000 });
    while ((await box.info()).status !== 'stopping') await sleep(10);
    process.kill(pid, 'SIGKILL');
    await stopped;
    expect(await box.info()).toMatchObject(died());
  });

  it('just before its runtime is closed is found failed by the next, also when its main process was waited for', async () => {
    await using home = await temporaryHome();
    const runtime = await BoxliteRuntime.open({ home: home.path });
    const boxes = [await runtime.create(small), await runtime.create(stubborn)];
    const waited = (await boxes[1]?.attach())?.wait();
    await boxes[0]?.start();
    for (const box of boxes) process.kill(await pidOf(box), 'SIGKILL');
    await expect(waited).rejects.toMatchObject({ name: 'BoxliteError' });
    await runtime.close();
    await using next = await BoxliteRuntime.open({ home: home.path });
    for (const { id } of boxes) expect(await (await next.get(id)).info()).toMatchObject(died());
  });

  it('is failed when it was another runtime that had launched it', async () => {
    await using home = await temporaryHome();
    const first = await BoxliteRuntime.open({ home: home.path });
    const { id } = await first.create({ ...small, name: 'adopted', detach: true });
    await (await first.get(id)).start();
    await first.close();
    await using runtime = await BoxliteRuntime.open({ home: home.path });
    await using box = await runtime.get(id);
    try {
      process.kill(await pidOf(box), 'SIGKILL');
      await box.stop();
      expect(await box.info()).toMatchObject(died('unknown status'));
      // One that lives ends as it is told to.
      await box.start();
      await box.stop();
      expect(await box.info()).toMatchObject({ status: 'stopped', stopReason: 'asked', error: null });
    } finally {
      await box.remove({ force: true });
    }
  });
});

itLeavesNothing(sharedHome);
