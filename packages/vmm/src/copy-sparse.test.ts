import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { checksumFile } from './checksum-file.js';
import { canReflink, copySparse } from './copy-sparse.js';
import { temporaryDirectory } from './testing/temporary-directory.js';

test('a copy has the content, the holes and the checksum', async () => {
  using directory = temporaryDirectory();
  const [from, to] = [directory.file('from'), directory.file('to')];
  writeFileSync(from, randomBytes(1_000_000));
  truncateSync(from, 1024 ** 3);
  const copied = await copySparse(from, to, { maxDataBytes: 1_048_576 });
  expect(copied.reflink).toBe(await canReflink(directory.path));
  if (!copied.reflink) expect(copied.dataBytes).toBeGreaterThanOrEqual(1_000_000);
  expect(statSync(to).size).toBe(1024 ** 3);
  expect(statSync(to).blocks * 512).toBeLessThan(2 * 1024 ** 2);
  const checksum = await checksumFile(to);
  expect(checksum).toMatch(/^[0-9a-f]{16}$/);
  expect(checksum).toBe(await checksumFile(from));
  writeFileSync(to, 'x', { flag: 'r+' });
  expect(await checksumFile(to)).not.toBe(checksum);
});

test('limits, aborts and wrong arguments leave nothing', async () => {
  using directory = temporaryDirectory();
  const [from, to] = [directory.file('from'), directory.file('to')];
  writeFileSync(from, randomBytes(1_000_000));
  if (!(await canReflink(directory.path))) {
    await expect(copySparse(from, to, { maxDataBytes: 999_999 })).rejects.toMatchObject({
      code: 'ResourceExhausted',
      reason: 'too-large',
    });
  }
  const signal = AbortSignal.abort();
  await expect(copySparse(from, to, { signal })).rejects.toMatchObject({ name: 'AbortError' });
  await expect(checksumFile(from, { signal })).rejects.toMatchObject({ name: 'AbortError' });
  await expect(copySparse(from, to, { maxDataBytes: Number.NaN })).rejects.toMatchObject({ code: 'InvalidArgument' });
  await expect(copySparse(directory.file('absent'), to)).rejects.toMatchObject({ code: 'Storage', reason: 'ENOENT' });
  await expect(copySparse(directory.path, to)).rejects.toMatchObject({ code: 'Storage', reason: 'not-a-file' });
  await expect(checksumFile('/dev/zero')).rejects.toMatchObject({ code: 'Storage', reason: 'not-a-file' });
  await expect(canReflink('/nonexistent')).rejects.toMatchObject({ code: 'Storage', reason: 'ENOENT' });
  expect(readdirSync(directory.path)).toEqual(['from']);
  expect(readFileSync(from).length).toBe(1_000_000);
});
