import { closeSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { dataBlocks } from './data-blocks.js';
import { formatDisk } from './format-disk.js';
import { temporaryDirectory } from './testing/temporary-directory.js';

const MIB = 2 ** 20;

test('data is found between holes', async () => {
  using directory = temporaryDirectory();
  const path = directory.file('sparse');
  writeFileSync(path, 'x');
  truncateSync(path, 100 * MIB);
  const descriptor = openSync(path, 'r+');
  for (const offset of [7 * MIB - 1, 7 * MIB, 99 * MIB]) writeSync(descriptor, 'x', offset);
  closeSync(descriptor);
  const { blocks, dataBytes } = await dataBlocks(path, { blockBytes: MIB });
  expect([...blocks]).toEqual([0, 6, 7, 99]);
  expect(dataBytes).toBeLessThan(MIB);
});

test('a fresh disk has next to none, and an empty file none', async () => {
  using directory = temporaryDirectory();
  await formatDisk(directory.file('disk'), { sizeMib: 4096 });
  expect((await dataBlocks(directory.file('disk'), { blockBytes: MIB })).blocks.length).toBeLessThan(50);
  writeFileSync(directory.file('empty'), '');
  expect(await dataBlocks(directory.file('empty'), { blockBytes: MIB })).toEqual({ blocks: new Uint32Array(), dataBytes: 0 });
});

test('what cannot be looked at is refused', async () => {
  using directory = temporaryDirectory();
  await expect(dataBlocks(directory.file('absent'), { blockBytes: 1 })).rejects.toMatchObject({ code: 'Storage', reason: 'ENOENT' });
  await expect(dataBlocks(directory.path, { blockBytes: 1 })).rejects.toMatchObject({ code: 'Storage', reason: 'not-a-file' });
  await expect(dataBlocks('x', { blockBytes: 0.5 })).rejects.toMatchObject({ code: 'InvalidArgument' });
  await expect(dataBlocks('x', { blockBytes: 1, signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
});
