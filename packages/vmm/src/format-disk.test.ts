import { readdirSync, readFileSync, statSync } from 'node:fs';
import { formatDisk } from './format-disk.js';
import { run, testWith } from './testing/command.js';
import { temporaryDirectory } from './testing/temporary-directory.js';

test('a disk is sparse, whole and its owner’s alone', async () => {
  using directory = temporaryDirectory();
  await formatDisk(directory.file('disk'), { sizeMib: 4096 });
  const { size, blocks, mode } = statSync(directory.file('disk'));
  expect(size).toBe(4096 * 1024 * 1024);
  expect(blocks * 512).toBeLessThan(1024 * 1024);
  expect(mode & 0o777).toBe(0o600);
  expect(readdirSync(directory.path)).toEqual(['disk']);
});

testWith('e2fsck').each([64, 65, 127, 128, 129, 1000, 2048, 2049, 2051, 4096, 65_536])(
  'e2fsck finds nothing wrong with %i MiB',
  async (sizeMib) => {
    using directory = temporaryDirectory();
    await formatDisk(directory.file('disk'), { sizeMib });
    expect(run('e2fsck', '-fn', directory.file('disk'))).toMatchObject({ status: 0 });
  },
);

test('a disk that exists is left alone', async () => {
  using directory = temporaryDirectory();
  await formatDisk(directory.file('disk'), { sizeMib: 64 });
  const before = readFileSync(directory.file('disk')).subarray(0, 4096);
  await expect(formatDisk(directory.file('disk'), { sizeMib: 128 })).rejects.toMatchObject({ code: 'AlreadyExists' });
  expect(readFileSync(directory.file('disk')).subarray(0, 4096).equals(before)).toBe(true);
  expect(readdirSync(directory.path)).toEqual(['disk']);
});

test.each([0, 63, -1, 64.5, Number.NaN, 16 * 1024 * 1024 + 1])('a size of %p MiB is refused', async (sizeMib) => {
  await expect(formatDisk('/nowhere/disk', { sizeMib })).rejects.toMatchObject({ code: 'InvalidArgument' });
});

test('a directory that is not there is a Storage error', async () => {
  await expect(formatDisk('/nonexistent/disk', { sizeMib: 64 })).rejects.toMatchObject({ code: 'Storage', reason: 'ENOENT' });
});
