import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BoxliteRuntime, type BoxOptions, type LiteBox, type RuntimeEvent } from '@boxlite/core';
import { sh, sharedHome, spawnBox } from './support/boxes.js';
import { eventually } from './support/eventually.js';
import { itLeavesNothing } from './support/leaks.js';
import { isAlive } from './support/processes.js';
import { type SmallDisk, smallDisk, whyNoSmallDisk } from './support/small-disk.js';
import { templatesOf } from './support/template-directory.js';

const plain: BoxOptions = { memoryMib: 128, diskSizeMib: 128, capabilities: { drop: ['NET_RAW'] } };

const FULL = { code: 'ResourceExhausted', reason: 'ENOSPC', message: expect.stringMatching(/no room[^]*resume it/) as string };
const PAUSED = { status: 'paused', error: { code: FULL.code, message: FULL.message } };

/** More than there is room for, and then a word that all of it is on the disk. */
const WRITE = 'dd if=/dev/zero bs=1M count=24 | tr "\\0" x > /root/big && sync && echo done > /root/done && sync';

const reason = whyNoSmallDisk();
if (reason !== undefined) console.warn(`no test fills a disk here: ${reason}`);

(reason === undefined ? describe : describe.skip)('a Box that writes more than its host has room for', () => {
  let disk: SmallDisk;
  let home: string;

  beforeEach(async () => {
    disk = await smallDisk(400);
    home = join(disk.path, 'home');
    await using runtime = await BoxliteRuntime.open({ home });
    await using box = await spawnBox(runtime, plain);
    await box.start();
    // A tmpfs finds room for the holes of a mapped file when they are read: without it, that would kill the VM. Disks do not.
    const [template] = (await templatesOf(home)).shapes;
    await promisify(execFile)('fallocate', ['--length', '128MiB', join(template?.directory ?? '', 'memory')]);
  });

  afterEach(() => disk[Symbol.asyncDispose]());

  /** Has it write until it is stopped; gives the command's id. */
  const stall = async (box: LiteBox): Promise<string> => {
    await sh(box, 'echo kept > /root/file; sync');
    await disk.fill(2);
    const writing = await box.exec('sh', ['-c', WRITE]);
    await expect(writing.wait()).rejects.toMatchObject(FULL);
    expect(await box.info()).toMatchObject(PAUSED);
    return writing.id;
  };

  it('is paused, says why, and goes on without a loss when there is room', async () => {
    await using runtime = await BoxliteRuntime.open({ home });
    const seen: RuntimeEvent[] = [];
    const events = runtime.events();
    void (async () => {
      for await (const event of events) if (['paused', 'resumed', 'failed'].includes(event.action)) seen.push(event);
    })();
    await using box = await spawnBox(runtime, plain);
    const id = await stall(box);
    await expect(box.run('true')).rejects.toMatchObject({ code: 'InvalidState' });
    // There still is none.
    await expect(box.resume()).rejects.toMatchObject(FULL);
    expect(await box.info()).toMatchObject(PAUSED);

    await disk.free();
    await box.resume();
    expect(await box.info()).toMatchObject({ status: 'running', error: null });
    expect((await box.executions()).map((execution) => execution.id)).toContain(id);
    expect(await (await box.execution(id)).wait()).toMatchObject({ exitCode: 0 });
    expect(await sh(box, 'cat /root/done; tr -d x < /root/big | wc -c; wc -c < /root/big')).toBe(`done\n0\n${String(24 << 20)}`);
    await box.pause();
    await box.resume();
    await events.return?.();
    expect(seen.map(({ action, attributes }) => [action, attributes['reason']])).toEqual([
      ['paused', 'disk-full'],
      ['resumed', undefined],
      ['paused', 'asked'],
      ['resumed', undefined],
    ]);
  });

  it('with a main process goes on with that, attended, logged and checked as before', async () => {
    await using runtime = await BoxliteRuntime.open({ home });
    await using box = await spawnBox(runtime, {
      ...plain,
      cmd: ['sh', '-c', `while [ ! -e /root/go ]; do sleep 0.1; done; ${WRITE}; echo written; exit 3`],
      healthCheck: { command: 'true', intervalMs: 200 },
    });
    await box.start();
    await disk.fill(2);
    await sh(box, 'touch /root/go');
    await eventually('the Box to be paused', async () => (await box.info()).status === 'paused' || undefined, 60_000);
    await disk.free();
    await box.resume();
    await eventually('its end', async () => (await box.info()).status === 'stopped' || undefined, 60_000);
    expect(await box.info()).toMatchObject({ exitCode: 3, stopReason: 'main-ended', error: null });
    const lines: string[] = [];
    for await (const { text } of box.logs()) lines.push(text);
    expect(lines.join('\n')).toContain('written');
  });

  it('can be stopped at once, as it is, and starts again with what it had written before', async () => {
    await using runtime = await BoxliteRuntime.open({ home });
    await using box = await spawnBox(runtime, plain);
    await stall(box);
    const { pid } = await box.info();
    await box.stop();
    expect(isAlive(pid ?? -1)).toBe(false);
    expect(await box.info()).toMatchObject({ status: 'stopped', stopReason: 'asked', pid: null, error: null });
    await disk.free();
    expect(await sh(box, 'cat /root/file; cat /root/done || true')).toBe('kept');
  });

  it('says so to the next runtime as well', async () => {
    {
      await using runtime = await BoxliteRuntime.open({ home });
      await stall(await runtime.create({ ...plain, name: 'it', detach: true }));
    }
    await using runtime = await BoxliteRuntime.open({ home });
    const box = await runtime.get('it');
    // The record of it may have found no room either: then its first use tells.
    if ((await box.info()).status === 'running') await expect(box.run('true')).rejects.toMatchObject(FULL);
    expect(await box.info()).toMatchObject(PAUSED);
    await disk.free();
    await box.resume();
    await eventually('all to be written', async () => (await box.run('cat', ['/root/done'])).exitCode === 0 || undefined, 60_000);
    await box.remove({ force: true });
  });
});

(reason === undefined ? describe : describe.skip)('a Box whose home is in memory that is full', () => {
  it('says that its memory may be what could not be had, and starts again when there is room', async () => {
    await using disk = await smallDisk(400);
    await using runtime = await BoxliteRuntime.open({ home: join(disk.path, 'home') });
    await using box = await spawnBox(runtime, plain);
    await sh(box, 'echo kept > /root/file; sync');
    await disk.fill(1);
    await expect(box.run('tail', ['/dev/zero'])).rejects.toMatchObject({ name: 'BoxliteError' });
    await eventually('its end', async () => (await box.info()).status === 'failed' || undefined, 60_000);
    const message = expect.stringMatching(/SIGBUS.*its memory.*in memory \(tmpfs\) that is full.*start it again/) as string;
    expect((await box.info()).error).toMatchObject({ code: 'Engine', message });
    await disk.free();
    expect(await sh(box, 'cat /root/file')).toBe('kept');
  });
});

(reason === undefined ? describe : describe.skip)('a home that is read-only', () => {
  const refused = { code: 'Storage', reason: 'EROFS', message: expect.stringMatching(/read-only/) as string };

  it('cannot be opened, or made, and it is said why and what to do; afterwards it is as it was', async () => {
    await using disk = await smallDisk(300);
    const home = join(disk.path, 'home');
    {
      await using runtime = await BoxliteRuntime.open({ home });
      const box = await runtime.create({ ...plain, name: 'it' });
      await sh(box, 'echo kept > /root/file; sync');
    }
    await disk.remount('ro');
    for (const path of [home, join(disk.path, 'another')]) {
      const opened = BoxliteRuntime.open({ home: path });
      await expect(opened).rejects.toMatchObject(refused);
      await expect(opened).rejects.toThrow(path);
      await expect(opened).rejects.toThrow('BOXLITE_HOME');
    }
    await disk.remount('rw');
    await using runtime = await BoxliteRuntime.open({ home });
    expect(await sh(await runtime.get('it'), 'cat /root/file')).toBe('kept');
  });
});

itLeavesNothing(sharedHome);
