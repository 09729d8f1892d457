import { PassThrough } from 'node:stream';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type BoxliteRuntime, type LiteBox, toResult } from '@boxlite/core';
import { pidOf } from './support/ahead.js';
import { openRuntime, sh, sharedHome, spawnBox } from './support/boxes.js';
import { itLeavesNothing } from './support/leaks.js';

/** Two seconds are promised; the bound has room for a busy machine. */
const SOON_MS = 10_000;

/** Takes what there is, for as long as there is something. */
const drain = async (stream: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of stream);
};

describe('a call that is under way when the VM dies', () => {
  let runtime: BoxliteRuntime;
  let directory: string;

  beforeAll(async () => {
    runtime = await openRuntime();
    directory = await mkdtemp(join(tmpdir(), 'boxlite-vm-death-'));
    await writeFile(join(directory, 'file'), 'content');
  });

  afterAll(async () => {
    await runtime.close();
    await rm(directory, { recursive: true });
  });

  /** What goes on until the guest ends it, by name. Resolves when the guest has begun each of them. */
  const beginLong = async (box: LiteBox): Promise<Record<string, Promise<unknown>>> => {
    const waits = await box.exec('sleep', ['1000']);
    const prints = await box.exec('sh', ['-c', 'echo begin; sleep 1000']);
    const iterator = prints.stdout[Symbol.asyncIterator]();
    expect(String((await iterator.next()).value)).toBe('begin\n');
    const reads = await box.exec('sleep', ['1000'], { stdin: 'pipe' });
    const watch = await box.files.watch('/root');
    return {
      wait: waits.wait(),
      'iteration of stdout': iterator.next(),
      'reading of stderr': text(prints.stderr),
      waitForOutput: reads.waitForOutput(),
      run: box.run('sleep', ['1000']),
      'files.watch': drain(watch),
    };
  };

  /** What a guest answers that has a moment. */
  const beginShort = (box: LiteBox): Record<string, Promise<unknown>> => ({
    exec: box.exec('true'),
    'files.read': box.files.read('/etc/hostname'),
    'files.write': box.files.write('/root/written', Buffer.alloc(4 << 20)),
    'files.list': box.files.list('/'),
    copyIn: box.copyIn(directory, '/root/copied'),
    copyOut: box.copyOut('/etc', join(directory, 'etc')),
    copyTarIn: box.copyTarIn(new PassThrough(), '/root'),
    copyTarOut: drain(box.copyTarOut('/etc')),
    metrics: box.metrics(),
    processes: box.processes(),
    executions: box.executions(),
    'snapshots.create': box.snapshots.create('never'),
  });

  /** How each of them fails. */
  const failures = async (calls: Record<string, Promise<unknown>>): Promise<Record<string, unknown>> => {
    const entries = Object.entries(calls).map(async ([name, call]) => {
      const result = await toResult(call);
      return [name, result.ok ? 'no error' : result.error] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  };

  const each = (calls: Record<string, unknown>, error: unknown): Record<string, unknown> =>
    Object.fromEntries(Object.keys(calls).map((name) => [name, error]));

  it('fails with what it died of, as the Box says, when its VMM is killed', async () => {
    await using box = await spawnBox(runtime, { memoryMib: 128 });
    await sh(box, 'echo kept > /root/file; sync');
    const long = await beginLong(box);
    const pid = await pidOf(box);
    // It answers nothing any more.
    process.kill(pid, 'SIGSTOP');
    const calls = { ...long, ...beginShort(box) };
    const failing = failures(calls);
    // Each of them has come as far as it can.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const begin = performance.now();
    process.kill(pid, 'SIGKILL');
    const failed = await failing;
    expect(performance.now() - begin).toBeLessThan(SOON_MS);
    const { status, error } = await box.info();
    expect({ status, error }).toMatchObject({
      status: 'failed',
      error: { code: 'Engine', message: expect.stringMatching(/SIGKILL/) as string },
    });
    expect(failed).toMatchObject(each(calls, { code: 'Engine', reason: 'vm-died', message: error?.message }));
    expect(await sh(box, 'cat /root/file')).toBe('kept');
    expect(await box.info()).toMatchObject({ status: 'running', error: null });
  });

  it('fails with the last words of a kernel that panics', async () => {
    await using box = await spawnBox(runtime, { memoryMib: 128, capabilities: { add: ['SYS_ADMIN'] } });
    await sh(box, 'mkdir /proc2; mount -t proc proc /proc2; echo 2 > /proc2/sys/vm/panic_on_oom');
    const calls = { ...(await beginLong(box)), copyTarIn: box.copyTarIn(new PassThrough(), '/root') };
    const failing = failures(calls);
    await box.exec('tail', ['/dev/zero']);
    const failed = await failing;
    const { status, error } = await box.info();
    expect({ status, error }).toMatchObject({
      status: 'failed',
      error: { code: 'Engine', message: expect.stringMatching(/by itself \(exit code 0\)[^]*last words[^]*panic/i) as string },
    });
    expect(failed).toMatchObject(each(calls, { code: 'Engine', reason: 'vm-died', message: error?.message }));
  });

  it.each([
    ['stopped', (box: LiteBox) => box.stop({ timeoutMs: 0 })],
    ['removed', (box: LiteBox) => box.remove({ force: true })],
  ])('says that the Box was %s when its owner has done that', async (_, end) => {
    await using box = await spawnBox(runtime, { memoryMib: 128 });
    const calls = await beginLong(box);
    const failing = failures(calls);
    await end(box);
    const failed = await failing;
    expect(Object.keys(failed)).toEqual(Object.keys(calls));
    for (const error of Object.values(failed)) expect(error).not.toMatchObject({ reason: 'vm-died' });
    for (const error of Object.values(failed)) expect(error).toMatchObject({ code: expect.stringMatching(/Stopped|NotFound/) as string });
  });
});

itLeavesNothing(sharedHome);
