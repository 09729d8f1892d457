import { mkdtemp, readdir, rm, symlink, mkdir, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentSession } from '@boxlite/agent';
import { BoxliteError } from '@boxlite/shared';
import { copyTreeOut } from './copy-tree.js';

/** Records as `native/copy/src/record.rs` has them; lengths and numbers here are below 128, so that each is one byte. */
const bytes = (text: string): number[] => [text.length, ...Buffer.from(text, 'latin1')];
/** Mode 0755 in two bytes, then owner, time and no extended attributes. */
const META = [0xed, 0x03, 0, 0, 0, 0, 0];
const enter = (name: string): number[] => [1, ...bytes(name), 1, ...META];
const leave = [2];
const file = (name: string, size: number, data: string): number[] => [
  3,
  ...bytes(name),
  ...META,
  0,
  size,
  ...(data ? [7, ...bytes(data)] : []),
];
const link = (name: string, target: string): number[] => [4, ...bytes(name), ...META, 0, ...bytes(target)];
const end = (entries: number): number[] => [9, entries, 0];

type Step = readonly number[][] | (() => Promise<unknown>);

/** A session with an agent that answers a copy with what it likes. */
const lying = (steps: Iterable<Step>): (() => Promise<AgentSession>) => {
  const copyOut = () => ({
    async *[Symbol.asyncIterator]() {
      for (const step of steps) {
        if (typeof step === 'function') await step();
        else yield [Buffer.from(step.flat())];
      }
    },
    violation: (what: string) => new BoxliteError('Portal', what, { reason: 'protocol-violation' }),
  });
  // All of a session that a copy out of a Box has to do with.
  return () => Promise.resolve({ copyOut } as unknown as AgentSession);
};

describe('an agent that lies about what it copies', () => {
  let directory: string;
  let target: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'boxlite-hostile-'));
    target = join(directory, 'target');
    await mkdir(join(directory, 'outside'));
    await mkdir(target);
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  const copy = (steps: Iterable<Step>, signal?: AbortSignal) => copyTreeOut(lying(steps), '/tree', target, { signal });
  const VIOLATION = { code: 'Portal', reason: 'protocol-violation' };
  const untouched = async () => {
    expect((await readdir(directory)).sort()).toEqual(['outside', 'target']);
    expect(await readdir(join(directory, 'outside'))).toEqual([]);
    expect(await readdir(target)).toEqual([]);
  };

  it.each([
    ['a name that leads up', [enter('top'), file('..', 0, ''), leave, end(2)]],
    ['a name that is a path', [enter('top'), file('../../outside/x', 1, 'x'), leave, end(2)]],
    ['an absolute name', [enter('top'), file('/tmp/boxlite-escaped', 1, 'x'), leave, end(2)]],
    ['a directory that leads up', [enter('..'), file('x', 0, ''), leave, end(2)]],
    ['more data than the size says', [enter('top'), file('f', 1, 'xx'), leave, end(2)]],
    ['less data than the size says', [enter('top'), file('f', 9, 'x'), leave, end(2)]],
    ['no end', [enter('top'), file('f', 0, ''), leave.slice(1)]],
    ['bytes that mean nothing', [[0xff, 0xff, 0xff]]],
  ] as [string, number[][]][])('%s', async (_, records) => {
    await expect(copy([records])).rejects.toMatchObject(VIOLATION);
    await untouched();
  });

  it('another number of entries: what has come whole stays, and the copy fails', async () => {
    await expect(copy([[enter('top'), file('f', 0, ''), leave, end(5)]])).rejects.toMatchObject(VIOLATION);
    expect(await readdir(target, { recursive: true })).toEqual(['top', 'top/f']);
  });

  it('the same name twice', async () => {
    await expect(copy([[enter('top'), file('f', 1, 'a'), file('f', 1, 'b'), leave, end(3)]])).rejects.toMatchObject({ reason: 'EEXIST' });
    await expect(copy([[enter('top'), enter('d'), leave, file('d', 0, ''), leave, end(3)]])).rejects.toMatchObject({ reason: 'EEXIST' });
    await untouched();
  });

  it('a link, then a directory of its name', async () => {
    const records = [enter('top'), link('out', '../../outside'), enter('out'), file('x', 1, 'x'), leave, leave, end(4)];
    await expect(copy([records])).rejects.toMatchObject({ name: 'BoxliteError' });
    await untouched();
  });

  it('a directory that is swapped for a link while it is filled', async () => {
    await mkdir(join(target, 'sub'));
    const swap = async () => {
      await rename(join(target, 'sub'), join(target, 'moved'));
      await symlink('../outside', join(target, 'sub'));
    };
    const one = [enter('sub'), file('one', 1, '1')];
    await copy([one, swap, [file('two', 1, '2'), leave, end(3)]]);
    await expect(copy([one, [leave, end(2)]])).rejects.toMatchObject({ reason: 'ENOTDIR' });
    expect(await readdir(join(directory, 'outside'))).toEqual([]);
    expect((await readdir(join(target, 'moved'))).sort()).toEqual(['one', 'two']);
  });

  it('entries without end, until the caller has enough', async () => {
    const abort = new AbortController();
    let told = 0;
    const endless = function* (): Generator<Step> {
      yield [enter('top')];
      for (;;) {
        told += 1;
        if (told === 50) abort.abort();
        yield [file(`file-${String(told)}`, 1, 'x')];
      }
    };
    await expect(copy(endless(), abort.signal)).rejects.toMatchObject({ name: 'AbortError' });
    expect(told).toBe(50);
    await untouched();
  });

  it('directories in each other without end', async () => {
    const deep = Array.from({ length: 1_100 }, () => enter('d'));
    await expect(copy([deep])).rejects.toMatchObject({ reason: 'ENAMETOOLONG' });
    await untouched();
  });
});
