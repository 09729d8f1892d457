import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { constants } from 'node:os';
import { text } from 'node:stream/consumers';
import type { BoxliteRuntime, LiteBox } from '@boxlite/core';
import { openRuntime, sh, spawnBox } from './support/boxes.js';
import { eventually } from './support/eventually.js';

/** Those that cannot be caught, and the one that a shell keeps for itself. */
const NOT_CAUGHT = new Set(['SIGKILL', 'SIGSTOP', 'SIGCHLD', 'SIGCLD']);

/** One name for each number. */
const SIGNALS = Object.entries(constants.signals).filter(
  ([name, number], index, all) => !NOT_CAUGHT.has(name) && all.findIndex(([, other]) => other === number) === index,
) as [NodeJS.Signals, number][];

describe('processes in a Box of the embedded image', () => {
  let runtime: BoxliteRuntime;
  let box: LiteBox & AsyncDisposable;

  beforeAll(async () => {
    runtime = await openRuntime();
    box = await spawnBox(runtime);
  });

  afterAll(async () => {
    await box.remove({ force: true });
    await runtime.close();
  });

  it('run 200 at the same time, each with its own input, output and exit code', async () => {
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        box.run('sh', ['-c', 'read line; echo "$line $1"; exit $1', 'sh', String(n)], { stdin: `in ${String(n)}\n` }),
      ),
    );
    expect(results.map(({ stdout }) => stdout)).toEqual(Array.from({ length: 200 }, (_, n) => `in ${String(n)} ${String(n)}\n`));
    expect(results.map(({ exitCode }) => exitCode)).toEqual(Array.from({ length: 200 }, (_, n) => n));
  }, 180_000);

  it('come and go by the thousand, and leave nothing on either side', async () => {
    const many = async (count: number): Promise<void> => {
      const worker = async (): Promise<void> => {
        for (let n = 0; n < count / 8; n += 1) expect((await box.run('true')).exitCode).toBe(0);
      };
      await Promise.all(Array.from({ length: 8 }, worker));
    };
    const descriptors = async (): Promise<number> => (await readdir('/proc/self/fd')).length;
    await many(80);
    const before = await descriptors();
    await many(2_000);
    expect(await descriptors()).toBeLessThanOrEqual(before + 2);
    await eventually('all to be forgotten', async () => (await box.executions()).length === 0 || undefined);
    expect(await box.processes()).toEqual([]);
    // New processes are numbered on, and what is there is the shell that asks.
    expect(await sh(box, 'ls -d /proc/[0-9]* | wc -l')).toMatch(/^[1-5]$/);
  }, 180_000);

  it('get every signal, by its number and by its name', async () => {
    const script = `${SIGNALS.map(([, number]) => `trap "echo ${String(number)}" ${String(number)}`).join('; ')}; trap "" CHLD; echo ready; while :; do sleep 0.05; done`;
    const execution = await box.exec('sh', ['-c', script]);
    let said = '';
    execution.stdout.setEncoding('utf8').on('data', (data: string) => (said += data));
    await eventually('it to be ready', () => Promise.resolve(said.startsWith('ready\n') || undefined));
    for (const [name, number] of SIGNALS) {
      for (const signal of [name, number]) {
        const lines = said.split('\n').length;
        await execution.kill(signal);
        await eventually(`signal ${String(signal)}`, () => Promise.resolve(said.split('\n').length > lines || undefined));
        expect(said.trimEnd().split('\n').at(-1)).toBe(String(number));
      }
    }
    await execution.kill('SIGKILL');
    expect(await execution.wait()).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
  }, 180_000);

  it('have the groups of their user', async () => {
    await sh(box, 'echo "extra:x:4242:other,nobody" >> /etc/group; echo "more:x:4243:nobody" >> /etc/group');
    expect(await sh(box, 'id -G', { user: 'nobody' })).toMatch(/^\d+ (\d+ )*4242 4243$/);
    expect(await sh(box, 'id -u; id -G', { user: '12:34' })).toBe('12\n34');
    expect(await sh(box, 'id -g', { user: 'nobody:extra' })).toBe('4242');
  });

  it('are listed, with what they use, in an image without ps', async () => {
    await using other = await spawnBox(runtime);
    await expect(other.processes()).rejects.toMatchObject({ code: 'InvalidState' });
    const execution = await box.exec('sh', ['-c', 'sleep 1000 & echo started; wait'], { user: 'nobody' });
    await once(execution.stdout, 'data');
    const processes = await eventually('the child to be a program of its own that waits', async () => {
      const listed = await box.processes();
      return listed.some(({ command, state }) => command === 'sleep 1000' && state === 'S') ? listed : undefined;
    });
    expect(processes).toMatchObject([
      { pid: execution.pid, parent: expect.any(Number) as unknown, command: 'sh -c sleep 1000 & echo started; wait', threads: 1 },
      { parent: execution.pid, command: 'sleep 1000' },
    ]);
    expect(processes[0]?.uid).toBeGreaterThan(0);
    expect(processes[0]?.residentBytes).toBeGreaterThan(0);
    await execution.kill();
    await execution.wait();
    expect(await text(execution.stdout)).toBe('');
    await eventually('them to be gone', async () => (await box.processes()).length === 0 || undefined);
  });
});
