import type { BoxliteRuntime, LiteBox, RuntimeEvent } from '@boxlite/core';
import { pidOf } from './support/ahead.js';
import { openRuntime, sh, spawnBox, spawnClone } from './support/boxes.js';
import { eventually } from './support/eventually.js';

const FAST = { intervalMs: 200, retries: 2 };

describe('what a Box has done by itself', () => {
  let runtime: BoxliteRuntime;

  beforeAll(async () => {
    runtime = await openRuntime();
  });

  afterAll(() => runtime.close());

  const until = (box: LiteBox, what: string, test: (info: Awaited<ReturnType<LiteBox['info']>>) => boolean) =>
    eventually(what, async () => test(await box.info()) || undefined, 60_000);
  const becomes = (box: LiteBox, status: string) => until(box, `the Box to be ${status}`, (info) => info.status === status);
  const isOf = (box: LiteBox, health: string) => until(box, `the Box to be ${health}`, (info) => info.health?.status === health);

  describe('health checks', () => {
    it('tell how it is, in a clone as well, and stand still while it is paused', async () => {
      const seen: RuntimeEvent[] = [];
      const events = runtime.events();
      void (async () => {
        for await (const event of events) if (event.action === 'health') seen.push(event);
      })();
      // #region health
      await using box = await spawnBox(runtime, {
        healthCheck: { command: 'echo looking; test -e /tmp/well', intervalMs: 200, retries: 2 },
      });
      await box.start();
      // #endregion
      await isOf(box, 'unhealthy');
      const { health } = await box.info();
      expect(health?.log.at(-1)).toMatchObject({ exitCode: 1, output: 'looking\n' });
      expect(health?.failingStreak).toBeGreaterThanOrEqual(2);
      await sh(box, 'touch /tmp/well');
      await isOf(box, 'healthy');
      await using clone = await spawnClone(box);
      await isOf(clone, 'healthy');
      await sh(clone, 'rm /tmp/well');
      await isOf(clone, 'unhealthy');
      await box.pause();
      expect((await box.info()).health?.status).toBe('healthy');
      await box.resume();
      await isOf(box, 'healthy');
      await events.return?.();
      expect(seen.filter(({ id }) => id === box.id).map(({ attributes }) => attributes['status'])).toEqual([
        'starting',
        'unhealthy',
        'healthy',
      ]);
    });

    it('have little room for what they print, an end, and a reason where they cannot be run', async () => {
      await using chatty = await spawnBox(runtime, { healthCheck: { ...FAST, command: 'yes; true', timeoutMs: 300 } });
      await using missing = await spawnBox(runtime, { healthCheck: { ...FAST, command: ['/no/such'] } });
      await Promise.all([chatty.start(), missing.start()]);
      await Promise.all([isOf(chatty, 'unhealthy'), isOf(missing, 'unhealthy')]);
      const [result] = (await chatty.info()).health?.log ?? [];
      expect(result).toMatchObject({ exitCode: null, output: expect.stringContaining('the check took more than 300 ms') });
      expect(result?.output.length).toBe(4096);
      expect((await missing.info()).health?.log[0]).toMatchObject({ exitCode: null, output: expect.stringContaining('/no/such') });
      expect(await sh(chatty, 'pgrep yes | wc -l')).toMatch(/^[01]$/);
    });

    it('have an unhealthy Box started again', async () => {
      await using box = await spawnBox(runtime, {
        healthCheck: { ...FAST, command: 'test ! -e /dev/shm/ill', onUnhealthy: 'restart' },
      });
      await sh(box, 'touch /root/kept /dev/shm/ill');
      await until(box, 'the Box to be started again', ({ restartCount, health }) => restartCount === 1 && health?.status === 'healthy');
      expect(await sh(box, 'ls /root/kept')).toBe('/root/kept');
    });
  });

  describe('an idle timeout', () => {
    it('stops a Box in which nothing goes on, but none in which a command runs', async () => {
      // #region idle
      await using box = await spawnBox(runtime, { idleTimeoutMs: 1_000 });
      // #endregion
      expect(await sh(box, 'echo written > /root/file; sleep 2.5; echo done')).toBe('done');
      expect(await box.info()).toMatchObject({ status: 'running' });
      await becomes(box, 'stopped');
      expect(await box.info()).toMatchObject({ stopReason: 'idle', error: null, pid: null, restartCount: 0 });
      expect(await sh(box, 'cat /root/file')).toBe('written');
    });

    it('stops a detached Box that no program holds, and the next one knows', async () => {
      const box = await runtime.create({ idleTimeoutMs: 1_500, detach: true, cmd: ['sleep', '1000'], restart: 'unless-stopped' });
      try {
        await sh(box, 'echo written > /root/file');
        const pid = await pidOf(box);
        await runtime.close();
        await eventually('its VM to end', () => !isAlive(pid) || undefined, 60_000);
        runtime = await openRuntime();
        expect(await (await runtime.get(box.id)).info()).toMatchObject({ status: 'stopped', stopReason: 'idle', error: null });
        expect(await sh(await runtime.get(box.id), 'cat /root/file')).toBe('written');
      } finally {
        await runtime.remove(box.id, { force: true });
      }
    });
  });

  describe('a restart policy', () => {
    it('starts a Box again whose main process has failed, so often as it says', async () => {
      // #region restart
      await using box = await spawnBox(runtime, { cmd: ['sh', '-c', 'echo run; exit 3'], restart: 'on-failure:2' });
      // #endregion
      await box.start();
      await until(box, 'its last end', ({ status, restartCount }) => status === 'stopped' && restartCount === 2);
      expect(await box.info()).toMatchObject({ stopReason: 'main-ended', exitCode: 3, restart: 'on-failure:2' });
      const lines: string[] = [];
      for await (const { text } of box.logs()) lines.push(text);
      expect(lines).toEqual(['run', 'run', 'run']);
    });

    it('starts a Box again whose VM has died, until it is stopped', async () => {
      await using box = await spawnBox(runtime, { restart: 'unless-stopped' });
      await sh(box, 'touch /root/kept; sync');
      const sleeper = await box.exec('sleep', ['1000']);
      process.kill(await pidOf(box), 'SIGKILL');
      await expect(sleeper.wait()).rejects.toMatchObject({ code: expect.stringMatching(/^(Portal|Engine)$/) });
      await until(box, 'it to run again', ({ status, restartCount }) => status === 'running' && restartCount === 1);
      expect(await sh(box, 'ls /root/kept')).toBe('/root/kept');
      await box.stop();
      expect(await box.info()).toMatchObject({ status: 'stopped', stopReason: 'asked' });
    });

    it('is kept by the next runtime for a detached Box that has died while nobody held it', async () => {
      const box = await runtime.create({ restart: 'on-failure', detach: true });
      try {
        await box.start();
        const pid = await pidOf(box);
        await runtime.close();
        process.kill(pid, 'SIGKILL');
        await eventually('its VM to end', () => !isAlive(pid) || undefined);
        runtime = await openRuntime();
        await until(await runtime.get(box.id), 'it to run again', ({ status, restartCount }) => status === 'running' && restartCount === 1);
      } finally {
        await runtime.remove(box.id, { force: true });
      }
    });
  });
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
