import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BoxliteRuntime } from '@boxlite/core';
import { BoxliteError, ExecError, SimpleBox, TimeoutError } from '@boxlite/boxes';
import { useHome } from './support/home.js';

const SMALL = { memoryMib: 256 };

describe('SimpleBox', () => {
  useHome();

  it('runs commands with arguments, environment, directory and user', async () => {
    await using box = new SimpleBox({ ...SMALL, env: { FROM: 'box' }, workingDir: '/tmp' });
    expect(box.created).toBeNull();
    expect(() => box.id).toThrow(BoxliteError);
    await expect(box.info()).rejects.toMatchObject({ code: 'InvalidState' });

    expect(await box.exec('echo', 'a', 'b c')).toEqual({ exitCode: 0, stdout: 'a b c\n', stderr: '' });
    expect(await box.exec('sh', '-c', 'echo $FROM $MORE; pwd', { MORE: 'exec' })).toMatchObject({ stdout: 'box exec\n/tmp\n' });
    expect(await box.exec('sh', ['-c', 'pwd; id -u'], undefined, { cwd: '/etc', user: '7' })).toMatchObject({ stdout: '/etc\n7\n' });
    expect(await box.exec('cat', [], {}, { stdin: 'typed' })).toMatchObject({ stdout: 'typed' });
    expect(await box.exec('sh', '-c', 'echo no >&2; exit 3')).toEqual({ exitCode: 3, stdout: '', stderr: 'no\n' });
    expect(await box.exec('sh', '-c', 'kill -9 $$')).toMatchObject({ exitCode: -9 });
    await expect(box.exec('no-such-command')).rejects.toMatchObject({ code: 'Execution', reason: 'command-not-found' });

    expect(box.created).toBe(true);
    expect(await box.info()).toMatchObject({ id: box.id, status: 'running', autoRemove: true });
  });

  it('ends a command that takes too long, and one that is given up', async () => {
    await using box = new SimpleBox(SMALL);
    const late = await box.exec('sleep', ['1000'], {}, { timeoutSecs: 0.2 }).catch((error: unknown) => error);
    expect(late).toBeInstanceOf(TimeoutError);
    expect(late).toBeInstanceOf(BoxliteError);
    expect(late).not.toBeInstanceOf(ExecError);
    const giveUp = new AbortController();
    const waiting = box.exec('sleep', ['1000'], {}, { signal: giveUp.signal });
    giveUp.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('copies in and out, and gives the Box itself for the rest', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'boxlite-copied-'));
    try {
      await using box = new SimpleBox(SMALL);
      await writeFile(join(directory, 'in'), 'there and back');
      await box.copyIn(join(directory, 'in'), '/root/');
      await box.copyOut('/root/in', join(directory, 'out'));
      expect(await readFile(join(directory, 'out'), 'utf8')).toBe('there and back');
      expect((await (await box.handle()).files.read('/root/in')).toString()).toBe('there and back');
      const execution = await box.stream('cat', [], { stdin: 'pipe' });
      execution.stdin.end('streamed');
      expect((await execution.stdout.toArray()).join('')).toBe('streamed');
      expect((await box.metrics()).executions).toBe(1);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('is removed when it stops, and its runtime closed with the last', async () => {
    const [one, two] = [new SimpleBox(SMALL), new SimpleBox(SMALL)];
    await Promise.all([one.exec('true'), two.exec('true')]);
    await one.stop();
    await one.stop();
    await expect(one.exec('true')).rejects.toMatchObject({ code: 'Stopped' });
    expect((await two.exec('echo', 'still here')).stdout).toBe('still here\n');
    await two.stop();
    // The home is free again, and empty.
    await using runtime = await BoxliteRuntime.open();
    expect(await runtime.list()).toEqual([]);
  });

  it('is found again by its name, and goes on when it was stopped and kept', async () => {
    await using first = new SimpleBox({ ...SMALL, name: 'shared', reuseExisting: true });
    await first.exec('touch', '/mine');
    await using second = new SimpleBox({ ...SMALL, name: 'shared', reuseExisting: true });
    expect((await second.exec('ls', '/mine')).stdout).toBe('/mine\n');
    expect([first.created, second.created, first.name]).toEqual([true, false, 'shared']);
    await using third = new SimpleBox({ ...SMALL, name: 'shared' });
    await expect(third.exec('true')).rejects.toMatchObject({ code: 'AlreadyExists' });

    const kept = new SimpleBox({ ...SMALL, autoRemove: false });
    await kept.exec('touch', '/kept');
    await kept.stop();
    expect((await kept.exec('ls', '/kept')).stdout).toBe('/kept\n');
    const { id } = kept;
    await kept.stop();
    await first.stop();
    await second.stop();
    await using runtime = await BoxliteRuntime.open();
    await runtime.remove(id);
  });

  it('uses the runtime that it is given, and leaves that open', async () => {
    await using runtime = await BoxliteRuntime.open();
    const box = new SimpleBox({ ...SMALL, runtime });
    const id = await box.getId();
    expect(await runtime.list()).toMatchObject([{ id }]);
    await box.exec('true');
    await box.stop();
    expect(await runtime.list()).toEqual([]);
  });

  it('does not make what could not be made, and may be tried again', async () => {
    await using box = new SimpleBox({ rootfsPath: join(tmpdir(), 'no-such-layout') });
    await expect(box.exec('true')).rejects.toBeInstanceOf(BoxliteError);
    await expect(box.exec('true')).rejects.toBeInstanceOf(BoxliteError);
  });
});
