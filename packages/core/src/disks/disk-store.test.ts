import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DiskChain } from './disk-chain.js';
import { DiskStore } from './disk-store.js';

const SIZE_MIB = 64;

describe('DiskStore', () => {
  let directory: string;
  let store: DiskStore;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'boxlite-disks-'));
    store = new DiskStore(directory);
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  const files = async (): Promise<string[]> => (await readdir(directory)).toSorted();
  const namesOf = (chain: DiskChain): string[] => chain.map(({ id, format }) => `${id}.${format}`).toSorted();
  const idsOf = (chain: DiskChain): Set<string> => new Set(chain.map(({ id }) => id));

  it('removes layers that are neither named nor held', async () => {
    const base = await store.create(SIZE_MIB);
    const [one, two] = [await store.overlay(SIZE_MIB), await store.overlay(SIZE_MIB)];
    store.settle([...base, one, two]);
    await store.remove([...base, one], idsOf(base));
    expect(await files()).toEqual(namesOf([...base, two]));
    await store.remove([...base, two], new Set());
    expect(await files()).toEqual([]);
  });

  it('keeps what its maker holds, and what anyone else does', async () => {
    const base = await store.create(SIZE_MIB);
    store.hold(base);
    await store.remove(base, new Set());
    store.settle(base);
    await store.remove(base, new Set());
    expect(await store.collect(new Set())).toEqual([]);
    expect(await files()).toEqual(namesOf(base));
    store.settle(base);
    // Once too often does no harm.
    store.settle(base);
    await store.remove(base, new Set());
    expect(await files()).toEqual([]);
  });

  it('collects what an earlier runtime has not finished or not named', async () => {
    const base = await store.create(SIZE_MIB);
    const other = await store.create(SIZE_MIB);
    await writeFile(join(directory, 'half.tmp'), '');
    await writeFile(join(directory, '0123456789abcdef.vmdk'), '');
    const next = new DiskStore(directory);
    expect(await next.collect(idsOf(base))).toHaveLength(3);
    expect(await files()).toEqual(namesOf(base));
    expect(other).not.toEqual(base);
  });

  it('says where the layers of a disk are, the base first', async () => {
    const base = await store.create(SIZE_MIB);
    const chain = [...base, await store.overlay(SIZE_MIB)];
    expect(store.disk(chain, SIZE_MIB)).toEqual({
      layers: chain.map((layer) => ({ ...layer, path: join(directory, `${layer.id}.${layer.format}`) })),
      readOnly: false,
      sizeBytes: SIZE_MIB << 20,
    });
  });

  it('leaves nothing of a layer that could not be made', async () => {
    await expect(store.copy(join(directory, 'missing'))).rejects.toMatchObject({ code: 'Storage', reason: 'ENOENT' });
    expect(await files()).toEqual([]);
    await rm(directory, { recursive: true });
    await expect(store.create(SIZE_MIB)).rejects.toMatchObject({ code: 'Storage' });
    await expect(store.overlay(SIZE_MIB)).rejects.toMatchObject({ code: 'Storage' });
  });
});
