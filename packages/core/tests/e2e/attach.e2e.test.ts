import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { BoxliteRuntime, Execution, LiteBox } from '@boxlite/core';
import { debian, openRuntime, sh } from './support/boxes.js';
import { eventually } from './support/eventually.js';

describe('an execution that outlives the program that started it', () => {
  let runtime: BoxliteRuntime;
  let box: LiteBox;

  beforeAll(async () => {
    runtime = await openRuntime();
    box = await runtime.create({ ...debian(), detach: true });
    await box.start();
  });

  afterAll(async () => {
    await box.remove({ force: true });
    await runtime.close();
  });

  /** As another program would find the Box. */
  const reopen = async (): Promise<void> => {
    await runtime.close();
    runtime = await openRuntime();
    box = await runtime.get(box.id);
  };
  const firstOf = async (execution: Execution): Promise<string> => String(((await once(execution.stdout, 'data')) as [Buffer])[0]);
  const done = (file: string) => eventually(file, async () => (await box.run('test', ['-e', file])).exitCode === 0 || undefined);

  it('is the same object for the program that started it', async () => {
    const execution = await box.exec('cat', [], { stdin: 'pipe' });
    expect(await box.execution(execution.id)).toBe(execution);
    expect(await box.executions()).toEqual([
      { id: execution.id, pid: execution.pid, command: ['cat'], running: true, tty: false, attended: true },
    ]);
    execution.stdin.end();
    await execution.wait();
    expect(await text(execution.stdout)).toBe('');
    await eventually('it to be forgotten', async () => ((await box.executions()).length === 0 ? true : undefined));
    await expect(box.execution(execution.id)).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('is found again, with what it printed meanwhile, and goes on', async () => {
    const { id, stdout } = await box
      .exec('sh', [
        '-c',
        'echo one; until test -e /go; do sleep 0.05; done; echo two; echo err >&2; > /went; until test -e /on; do sleep 0.05; done; echo three; exit 6',
      ])
      .then(async (execution) => ({ id: execution.id, stdout: await firstOf(execution) }));
    expect(stdout).toBe('one\n');
    await reopen();
    await sh(box, '> /go');
    await done('/went');
    expect(await box.executions()).toMatchObject([{ id, running: true, attended: false }]);
    const execution = await box.execution(id);
    expect(execution.missed).toEqual({ stdout: 0, stderr: 0 });
    expect(await firstOf(execution)).toBe('two\n');
    const [out, err, status] = await Promise.all([
      text(execution.stdout),
      text(execution.stderr),
      sh(box, '> /on').then(() => execution.wait()),
    ]);
    expect([out, err]).toEqual(['three\n', 'err\n']);
    expect(status).toMatchObject({ exitCode: 6, signal: null });
    expect(execution.stdin.writable).toBe(false);
  });

  it('tells how it ended when nobody was there, and what is missing of a flood', async () => {
    const script = 'echo ready; until test -e /flood; do sleep 0.05; done; seq 1000000; > /flooded; exit 9';
    const first = await box.exec('sh', ['-c', script]);
    expect(await firstOf(first)).toBe('ready\n');
    await reopen();
    await sh(box, '> /flood');
    await done('/flooded');
    const execution = await box.execution(first.id);
    expect(await execution.wait()).toMatchObject({ exitCode: 9 });
    const rest = await text(execution.stdout);
    expect(rest.endsWith('\n999999\n1000000\n')).toBe(true);
    expect(rest).toHaveLength(256 << 10);
    // All that seq prints.
    expect(execution.missed).toEqual({ stdout: 6_888_896 - (256 << 10), stderr: 0 });
    await eventually('it to be forgotten', async () => ((await box.executions()).length === 0 ? true : undefined));
    await expect(box.execution(first.id)).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('is killed by its id, with its group', async () => {
    const { id } = await box.exec('sh', ['-c', 'sleep 1004; true']);
    await reopen();
    const execution = await box.execution(id);
    await execution.kill('SIGTERM');
    expect(await execution.wait()).toMatchObject({ signal: 'SIGTERM' });
    expect(await sh(box, "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '; true")).not.toContain('sleep 1004');
  });

  it('keeps to its time limit meanwhile', async () => {
    const { id } = await box.exec('sh', ['-c', 'trap "> /limited; exit 5" TERM; while :; do sleep 0.05; done'], { timeoutMs: 3000 });
    await reopen();
    await done('/limited');
    expect(await (await box.execution(id)).wait()).toMatchObject({ exitCode: 5, timedOut: true });
  });

  it('is not found when its terminal hung up, or there is none such', async () => {
    const first = await box.exec('sh', ['-c', 'trap "" HUP; echo deaf; sleep 1000'], { tty: true });
    expect(await firstOf(first)).toContain('deaf');
    const { id } = first;
    await reopen();
    await expect(box.execution(id)).rejects.toMatchObject({ code: 'InvalidState', reason: 'hung-up' });
    await expect(box.execution('nope')).rejects.toMatchObject({ code: 'NotFound' });
    await sh(box, 'kill -9 $(grep -l sleep /proc/[0-9]*/comm | cut -d/ -f3); true');
  });

  it('goes on in a clone, where it is found as well', async () => {
    const execution = await box.exec('sh', ['-c', 'echo begun; until test -e /later; do sleep 0.05; done; echo ended in $(hostname)']);
    expect(await firstOf(execution)).toBe('begun\n');
    const [clone] = await box.clone();
    if (clone === undefined) throw new Error('clone made no Box');
    try {
      await sh(clone, '> /later');
      const there = await clone.execution(execution.id);
      expect(await text(there.stdout)).toBe(`ended in ${(await clone.info()).hostname}\n`);
      expect(await there.wait()).toMatchObject({ exitCode: 0 });
    } finally {
      await clone.remove({ force: true });
    }
    await execution.kill();
  });
});
