import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { BoxliteRuntime, type BoxOptions, type LiteBox, toResult } from '@boxlite/core';
import { pidOf } from './support/ahead.js';
import { openRuntime, sh, sharedHome, spawnBox, temporaryHome } from './support/boxes.js';
import { checkCleanDisk, checkCleanImage } from './support/disk-check.js';
import { itLeavesNothing } from './support/leaks.js';
import { unlessAll } from './support/long.js';
import { isAlive } from './support/processes.js';

const small: BoxOptions = { memoryMib: 128, diskSizeMib: 64 };

/** How long a stop takes at most beyond the time that it is given, with room for a host that is busy: each step by force has seconds. */
const BOUND_MS = 30_000;

const ROUNDS = unlessAll(3, 100);

describe('the stop of a Box', () => {
  let runtime: BoxliteRuntime;

  beforeAll(async () => {
    runtime = await openRuntime();
  });

  afterAll(() => runtime.close());

  /** Stops it, in time, and finds what it had written when it is started again. */
  const stops = async (box: LiteBox): Promise<void> => {
    const pid = await pidOf(box);
    const begin = performance.now();
    await box.stop({ timeoutMs: 500 });
    expect(performance.now() - begin).toBeLessThan(BOUND_MS);
    expect(isAlive(pid)).toBe(false);
    expect(await box.info()).toMatchObject({ status: 'stopped', stopReason: 'asked', pid: null, error: null });
    expect(await sh(box, 'cat /root/file')).toBe('kept');
  };

  const written = async (options: BoxOptions = {}): Promise<LiteBox> => {
    const box = await spawnBox(runtime, { ...small, ...options });
    await sh(box, 'echo kept > /root/file; sync');
    return box;
  };

  it('ends programs that ignore all signals but SIGKILL', async () => {
    await using box = await written();
    const execution = await box.exec('sh', ['-c', 'trap "" TERM INT HUP; echo ignores; while true; do sleep 1; done']);
    for await (const _ of execution.stdout) break;
    const ended = toResult(execution.wait());
    await stops(box);
    const result = await ended;
    // Its guest may be gone before it could tell.
    if (result.ok) expect(result.value).toMatchObject({ signal: 'SIGKILL' });
    else expect(result.error).toMatchObject({ code: 'Stopped' });
  });

  it('hangs up the terminals of shells, which ignore SIGTERM', async () => {
    await using box = await written();
    const program = (file: string): string =>
      `trap 'echo hung up > /root/${file}; exit' HUP; trap : TERM; echo ready; for i in 1 2; do sleep 1000 & wait; done`;
    for (const [file, tty] of [
      ['terminal', true],
      ['other', false],
    ] as const) {
      const { stdout } = await box.exec('sh', ['-c', program(file)], { tty });
      for await (const _ of stdout) break;
    }
    await box.stop({ timeoutMs: 2_000 });
    expect(await sh(box, 'cat /root/terminal; ls /root/other 2>/dev/null || echo none')).toBe('hung up\nnone');
  });

  const LEFT = '<&- >&- 2>&- &';

  it.each([
    ['when nothing is left', ''],
    ['when a process writes on', `(trap "" TERM HUP; while true; do echo more >> /root/open; done) ${LEFT}`],
    [
      'when a process holds a removed file open',
      `exec 3> /root/open; rm /root/open; (trap "" TERM HUP; while true; do sleep 1; done) ${LEFT}`,
    ],
  ])('leaves clean disks %s, with all that was written', async (_, background) => {
    await runtime.volumes.create({ name: 'stopped', sizeMib: 64 });
    try {
      await using box = await spawnBox(runtime, { ...small, volumes: [{ name: 'stopped', boxPath: '/data' }] });
      await sh(box, `echo kept | tee /root/file /data/file; seq 10000 > /root/numbers; ${background}`);
      await box.stop({ timeoutMs: 500 });
      await checkCleanDisk(sharedHome(), join(sharedHome(), 'boxes', box.id, 'state.json'));
      await checkCleanImage(join(sharedHome(), 'volumes', 'stopped', 'disk.raw'));
      expect(await sh(box, 'cat /root/file /data/file; tail -n 1 /root/numbers')).toBe('kept\nkept\n10000');
    } finally {
      await runtime.volumes.remove('stopped');
    }
  });

  it('leaves a clean disk when a file is being written, and what was there before', async () => {
    await using box = await written();
    const endless = new PassThrough();
    endless.write(Buffer.alloc(1 << 20));
    const writing = toResult(box.files.write('/root/file', endless));
    await sh(box, 'until ls -A /root | grep -qv file; do sleep 0.1; done');
    await box.stop({ timeoutMs: 500 });
    endless.destroy();
    expect(await writing).toMatchObject({ ok: false });
    await checkCleanDisk(sharedHome(), join(sharedHome(), 'boxes', box.id, 'state.json'));
    expect(await sh(box, 'cat /root/file')).toBe('kept');
  });

  // The kernel's writeback could take seconds of a processor that is shared, and a guest that is not done in its time loses what it has not written.
  it('keeps what was written just before, of Boxes that start and stop together', async () => {
    const boxes = await Promise.all([1, 2, 3].map(() => runtime.create(small)));
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        const kept = await Promise.all(
          boxes.map(async (box) => {
            await box.files.write('/root/file', String(round));
            await box.stop({ timeoutMs: 1000 });
            return (await box.files.read('/root/file')).toString();
          }),
        );
        expect(kept).toEqual(boxes.map(() => String(round)));
      }
    } finally {
      await Promise.all(boxes.map((box) => box.remove({ force: true })));
    }
  }, 1_200_000);

  it('ends a main process that ignores its stop signal', async () => {
    await using box = await written({ cmd: ['sh', '-c', 'trap "" TERM; while true; do sleep 1; done'] });
    await stops(box);
  });

  it('ends a VMM that does not answer, whether its Box runs or is paused', async () => {
    await using box = await written();
    for (const isPaused of [false, true]) {
      if (isPaused) await box.pause();
      process.kill(await pidOf(box), 'SIGSTOP');
      await stops(box);
    }
  });
});

const BOXES = unlessAll(6, 50);

describe('the close of a runtime', () => {
  it(
    `stops ${String(BOXES)} Boxes together`,
    async () => {
      await using home = await temporaryHome();
      const runtime = await BoxliteRuntime.open({ home: home.path });
      const pids: number[] = [];
      for (let i = 0; i < BOXES; i += 1) {
        const box = await runtime.create(small);
        await box.run('true', [], { check: true });
        pids.push(await pidOf(box));
      }
      const begin = performance.now();
      await runtime.close();
      const ms = performance.now() - begin;
      console.log(`closed a runtime with ${String(BOXES)} Boxes in ${String(Math.round(ms))} ms`);
      expect(ms).toBeLessThan(BOUND_MS);
      expect(pids.filter(isAlive)).toEqual([]);
      await using next = await BoxliteRuntime.open({ home: home.path });
      expect((await next.list()).map(({ status }) => status)).toEqual(pids.map(() => 'stopped'));
    },
    unlessAll(undefined, 1_200_000),
  );
});

itLeavesNothing(sharedHome);
