import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BoxliteRuntime, toResult } from '@boxlite/core';
import { debian, openRuntime, spawnBox, temporaryHome } from './support/boxes.js';
import { deferred } from './support/deferred.js';
import { isAlive } from './support/processes.js';

const pidOf = async (box: { info(): Promise<{ pid: number | null }> }): Promise<number> => {
  const { pid } = await box.info();
  if (pid === null) throw new Error('the Box has no VMM');
  return pid;
};

describe('the life of a Box', () => {
  it('neither pulls nor boots at create', async () => {
    await using runtime = await openRuntime();
    await using box = await spawnBox(runtime, { image: 'localhost:1/never-asked:latest' });
    expect(await box.info()).toMatchObject({ status: 'configured', pid: null, imageDigest: null });
    expect(runtime.metrics()).toMatchObject({ boxesCreated: 1, boxesStarted: 0, imagesPulled: 0 });
  });

  it('takes another name, which the next runtime knows, and none that is taken', async () => {
    await using home = await temporaryHome();
    const id = await (async () => {
      await using runtime = await openRuntime({ home: home.path });
      const box = await runtime.create({ name: 'one' });
      await runtime.create({ name: 'two' });
      await expect(box.rename('two')).rejects.toMatchObject({ code: 'AlreadyExists' });
      await expect(box.rename('-x')).rejects.toMatchObject({ code: 'InvalidArgument' });
      // Of several at a time, each name is given once.
      const results = await Promise.all([toResult(box.rename('three')), toResult((await runtime.get('two')).rename('three'))]);
      expect(results.map(({ ok }) => ok)).toEqual([true, false]);
      await box.rename('four');
      expect([box.name, (await box.info()).name, (await runtime.get('four')).id]).toEqual(['four', 'four', box.id]);
      await expect(runtime.get('one')).rejects.toMatchObject({ code: 'NotFound' });
      await runtime.create({ name: 'one' });
      return box.id;
    })();
    await using runtime = await openRuntime({ home: home.path });
    expect((await runtime.get('four')).id).toBe(id);
  });

  it('keeps its files over a stop and a start, and shares them with no other Box', async () => {
    await using runtime = await openRuntime();
    await using one = await spawnBox(runtime, debian());
    await using two = await spawnBox(runtime, debian());
    await one.run('sh', ['-c', 'echo mine > /root/file; echo changed >> /etc/debian_version'], { check: true });
    expect(await two.run('sh', ['-c', 'ls /root; grep -c changed /etc/debian_version'])).toMatchObject({ stdout: '0\n' });
    await one.stop();
    expect(await one.info()).toMatchObject({ status: 'stopped', pid: null });
    expect((await one.run('cat', ['/root/file', '/etc/debian_version'], { check: true })).stdout).toMatch(/^mine\n.*changed\n$/s);
  });

  it('starts once for callers at the same time, and stops idempotently', async () => {
    await using runtime = await openRuntime();
    await using box = await spawnBox(runtime);
    const results = await Promise.all(Array.from({ length: 5 }, () => box.run('echo', ['hi'])));
    expect(results.every(({ stdout }) => stdout === 'hi\n')).toBe(true);
    expect(runtime.metrics()).toMatchObject({ boxesStarted: 1, boxesRunning: 1, executionsStarted: 5 });
    await Promise.all([box.stop(), box.stop(), box.stop()]);
    await box.stop();
    expect(runtime.metrics()).toMatchObject({ boxesRunning: 0, boxCrashes: 0 });
    expect(await runtime.prometheus.metrics()).toMatch(/^boxlite_box_start_seconds_count 1$/m);
  });

  it('gives up a start that is stopped', async () => {
    const { promise: booting, resolve: boots } = deferred();
    await using runtime = await openRuntime({
      onProgress: ({ part }) => {
        if (part === 'boot') boots();
      },
    });
    await using box = await spawnBox(runtime);
    const started = toResult(box.start());
    await booting;
    await box.stop();
    expect(await started).toMatchObject({ ok: false, error: { code: 'Stopped' } });
    expect((await box.run('echo', ['again'])).stdout).toBe('again\n');
  });

  it('ends the executions of a Box that is stopped', async () => {
    await using runtime = await openRuntime();
    await using box = await spawnBox(runtime);
    const execution = await box.exec('sleep', ['1000']);
    const ended = toResult(execution.wait());
    await box.stop();
    const result = await ended;
    if (result.ok) expect(result.value).toMatchObject({ signal: 'SIGTERM' });
    else expect(result.error.code).toBe('Stopped');
  });

  it('is removed with its disk, and while it runs only by force', async () => {
    await using runtime = await openRuntime();
    const box = await runtime.create({ name: 'to-be-removed' });
    await box.start();
    const pid = await pidOf(box);
    await expect(runtime.remove('to-be-removed')).rejects.toMatchObject({ code: 'InvalidState' });
    await box.remove({ force: true });
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(join(runtime.home, 'boxes', box.id))).toBe(false);
    const gone = { code: 'NotFound' };
    await expect(runtime.get('to-be-removed')).rejects.toMatchObject(gone);
    for (const asked of [box.info(), box.metrics(), box.run('true'), box.remove()]) await expect(asked).rejects.toMatchObject(gone);
  });

  it('is removed by itself with autoRemove', async () => {
    await using runtime = await openRuntime();
    const box = await runtime.create({ autoRemove: true });
    await box.run('true');
    await box.stop();
    expect(await runtime.list()).toEqual([]);
    expect(await readdir(join(runtime.home, 'boxes'))).toEqual([]);
  });

  it('lives on when detached, and is adopted with what runs in it', async () => {
    await using home = await temporaryHome();
    const first = await BoxliteRuntime.open({ home: home.path });
    const created = await first.create({ detach: true, name: 'daemon' });
    await created.run('sh', ['-c', 'echo kept > /tmp/state; (sleep 1000 &)'], { check: true });
    const pid = await pidOf(created);
    await first.close();
    expect(isAlive(pid)).toBe(true);

    await using second = await BoxliteRuntime.open({ home: home.path });
    expect(await second.list()).toMatchObject([{ name: 'daemon', status: 'running', pid }]);
    expect(second.recovery.actions).toEqual([{ action: 'adopted', kind: 'box', name: created.id, detail: 'it is running' }]);
    const box = await second.get('daemon');
    expect((await box.run('sh', ['-c', 'cat /tmp/state; cat /proc/[0-9]*/comm | grep sleep'], { check: true })).stdout).toBe(
      'kept\nsleep\n',
    );
    await box.stop();
    expect(isAlive(pid)).toBe(false);
    await box.remove();
  });

  it('dies with its owner when that is killed, and is found stopped', async () => {
    await using home = await temporaryHome();
    const script = `
      const { BoxliteRuntime } = require('@boxlite/core');
      (async () => {
        const runtime = await BoxliteRuntime.open({ home: process.argv[1] });
        const box = await runtime.create({ name: 'orphan' });
        await box.run('sh', ['-c', 'echo written > /root/file; sync']);
        console.log((await box.info()).pid);
      })();`;
    const owner = spawn(process.execPath, ['-e', script, home.path], { cwd: __dirname, stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(owner.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(isAlive(pid)).toBe(true);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    const deadline = Date.now() + 2_000;
    while (isAlive(pid) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isAlive(pid)).toBe(false);

    await using runtime = await BoxliteRuntime.open({ home: home.path });
    const box = await runtime.get('orphan');
    expect(await box.info()).toMatchObject({ status: 'stopped', pid: null });
    const settled = { action: 'settled', kind: 'box', name: box.id, detail: 'it was running, and is stopped' };
    expect(runtime.recovery.actions).toContainEqual(settled);
    expect((await box.run('cat', ['/root/file'])).stdout).toBe('written\n');
  });

  it('is failed, with the reason, when its VM dies; and starts again', async () => {
    await using runtime = await openRuntime();
    await using box = await spawnBox(runtime);
    await box.run('sh', ['-c', 'echo safe > /root/file; sync']);
    const execution = await box.exec('sleep', ['1000']);
    process.kill(await pidOf(box), 'SIGKILL');
    await expect(execution.wait()).rejects.toMatchObject({ name: 'BoxliteError' });
    while ((await box.info()).status !== 'failed') await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await box.info()).toMatchObject({ pid: null, error: { code: 'Engine', message: expect.stringContaining('SIGKILL') as string } });
    expect((await box.run('cat', ['/root/file'])).stdout).toBe('safe\n');
    expect(runtime.metrics().boxCrashes).toBe(1);
  });

  it('shows the console when its guest does not get ready', async () => {
    await using home = await temporaryHome();
    const broken = join(home.path, 'broken-kernel');
    await writeFile(broken, await readFile('/bin/true'));
    const before = process.env['BOXLITE_KERNEL'];
    process.env['BOXLITE_KERNEL'] = broken;
    try {
      await using runtime = await BoxliteRuntime.open({ home: join(home.path, 'home') });
      const box = await runtime.create();
      const result = await toResult(box.start());
      expect(result).toMatchObject({ ok: false });
      if (result.ok) throw new Error('unreachable');
      expect(['Engine', 'UnsupportedEngine']).toContain(result.error.code);
      expect(await box.info()).toMatchObject({ status: 'failed', pid: null });
    } finally {
      if (before === undefined) delete process.env['BOXLITE_KERNEL'];
      else process.env['BOXLITE_KERNEL'] = before;
    }
  });

  it('keeps the files of a home to its owner', async () => {
    await using home = await temporaryHome();
    await using runtime = await BoxliteRuntime.open({ home: join(home.path, 'home') });
    const box = await runtime.create({ env: { SECRET: 'value' } });
    expect((await stat(runtime.home)).mode & 0o077).toBe(0);
    expect((await stat(join(runtime.home, 'boxes', box.id, 'config.json'))).mode & 0o077).toBe(0);
  });

  it('cannot be used any more once it is removed, however that meets a start', async () => {
    await using runtime = await openRuntime();
    const box = await runtime.create();
    const results = await Promise.all([toResult(box.start()), toResult(box.remove({ force: true })), toResult(box.start())]);
    for (const result of results) if (!result.ok) expect(['NotFound', 'InvalidState']).toContain(result.error.code);
    await box.remove({ force: true }).catch(() => undefined);
    await expect(box.start()).rejects.toMatchObject({ code: 'NotFound' });
    expect(await runtime.list()).toEqual([]);
    expect(runtime.metrics().boxesRunning).toBe(0);
  });

  it('starts whatever its listener of progress throws', async () => {
    await using runtime = await openRuntime({
      onProgress: () => {
        throw new Error('not my business');
      },
    });
    await using box = await spawnBox(runtime);
    expect((await box.run('echo', ['hi'])).stdout).toBe('hi\n');
  });

  it('is stopped and can be started again when its state cannot be written', async () => {
    await using runtime = await openRuntime();
    await using box = await spawnBox(runtime);
    await box.start();
    const pid = await pidOf(box);
    const state = join(runtime.home, 'boxes', box.id, 'state.json');
    // A directory in the place of the file: no rename replaces it, not even root's.
    await rm(state);
    await mkdir(join(state, 'in-the-way'), { recursive: true });
    await box.stop();
    expect(isAlive(pid)).toBe(false);
    expect(await box.info()).toMatchObject({ status: 'stopped', pid: null });
    await expect(box.start()).rejects.toMatchObject({ code: 'Storage' });
    expect(await box.info()).toMatchObject({ status: 'failed', pid: null });
    await rm(state, { recursive: true });
    expect((await box.run('echo', ['again'])).stdout).toBe('again\n');
  });

  it('has a console that can be followed to the end of its VM', async () => {
    await using runtime = await openRuntime();
    await using box = await spawnBox(runtime);
    await box.start();
    const lines = (async () => {
      const seen: string[] = [];
      for await (const { text } of box.logs({ follow: true })) seen.push(text);
      return seen;
    })();
    await box.stop();
    expect(Array.isArray(await lines)).toBe(true);
  });
});
