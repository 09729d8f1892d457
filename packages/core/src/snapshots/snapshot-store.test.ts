import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toResult } from '@boxlite/shared';
import type { BoxCapture } from '../box/box-capture.js';
import { FileChecksums } from '../templates/file-checksums.js';
import { SnapshotStore } from './snapshot-store.js';
import { unheard } from '../recovery/recovery-report.js';

const shape = { cpus: 1, memoryMib: 128, accelerator: 'tcg' as const };

/** A Box that did not run. */
const capture: BoxCapture = {
  disk: [{ id: '0123456789abcdef', format: 'raw' }],
  imageDigest: `sha256:${'0'.repeat(64)}`,
  machine: undefined,
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

describe('SnapshotStore', () => {
  let root: string;
  let box: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'boxlite-snapshots-'));
    box = join(root, 'box');
    await mkdir(box);
  });

  afterEach(async () => {
    await rm(root, { recursive: true });
  });

  const directory = (): string => join(box, 'snapshots');

  /** A store as a new runtime has it. */
  const open = async (): Promise<{ store: SnapshotStore; whole: boolean }> => {
    const store = new SnapshotStore(directory(), new FileChecksums());
    return { store, whole: await store.recover(unheard) };
  };

  it('has what an earlier one kept, newest first', async () => {
    const { store } = await open();
    for (const name of ['one', 'two']) await store.add(name, capture, shape);
    const { store: next, whole } = await open();
    expect(whole).toBe(true);
    expect(next.all).toEqual(store.all);
    expect(next.all.map(({ name }) => name).toSorted()).toEqual(['one', 'two']);
    expect(next.get('one')).toMatchObject({ disk: capture.disk, imageDigest: capture.imageDigest, machine: null });
  });

  it('gives a name once, from the moment that it is asked for', async () => {
    const { store } = await open();
    const results = await Promise.all(Array.from({ length: 3 }, () => toResult(store.add('one', capture, shape))));
    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    for (const result of results) if (!result.ok) expect(result.error.code).toBe('AlreadyExists');
    expect(await readdir(directory())).toHaveLength(1);
  });

  it('forgets what it removed, and gives its name again', async () => {
    const { store } = await open();
    await store.remove(await store.add('one', capture, shape));
    expect(() => store.get('one')).toThrow(expect.objectContaining({ code: 'NotFound' }));
    expect(await readdir(directory())).toEqual([]);
    await store.add('one', capture, shape);
  });

  it('keeps nothing of a Box that is gone, and makes no directory for it', async () => {
    const { store } = await open();
    await rm(box, { recursive: true });
    await expect(store.add('one', capture, shape)).rejects.toMatchObject({ code: 'Storage', reason: 'ENOENT' });
    expect(store.all).toEqual([]);
    expect(await readdir(root)).toEqual([]);
    await mkdir(box);
    await store.add('one', capture, shape);
  });

  it('finishes what an earlier one was cut off in, and keeps what it cannot read', async () => {
    const { store } = await open();
    const { id } = await store.add('one', capture, shape);
    for (const name of ['.making-0123456789ab', '.removing-0123456789ab', 'aaaaaaaaaaaa']) await mkdir(join(directory(), name));
    await writeFile(join(directory(), 'aaaaaaaaaaaa', 'snapshot.json'), '{"version":1,"id":"bbbbbbbbbbbb"}');
    const { store: next, whole } = await open();
    // The layers of one that cannot be read are not known, so none may be collected.
    expect(whole).toBe(false);
    expect(next.all).toEqual(store.all);
    expect((await readdir(directory())).toSorted()).toEqual([id, 'aaaaaaaaaaaa'].toSorted());
  });

  it('has no memory to open of a Box that did not run', async () => {
    const { store } = await open();
    expect(await store.open(await store.add('one', capture, shape), shape)).toBeUndefined();
  });
});
