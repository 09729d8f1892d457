import { link, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileChecksums } from './file-checksums.js';

describe('FileChecksums', () => {
  let directory: string;
  let path: string;
  let checksums: FileChecksums;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'boxlite-checksums-'));
    path = join(directory, 'file');
    checksums = new FileChecksums();
    await writeFile(path, 'content');
  });

  afterEach(() => rm(directory, { recursive: true }));

  it('are of the content, whatever the name', async () => {
    const [one, other] = [join(directory, 'link'), join(directory, 'other')];
    await link(path, one);
    await writeFile(other, 'Content');
    const checksum = await checksums.of(path);
    expect(await checksums.of(one)).toBe(checksum);
    expect(await checksums.of(other)).not.toBe(checksum);
    expect(checksum).toMatch(/^[0-9a-f]{16}$/);
  });

  it('are computed anew when a file has changed', async () => {
    const before = await checksums.of(path);
    await writeFile(path, 'Content');
    const changed = await checksums.of(path);
    await truncate(path, 3);
    const cut = await checksums.of(path);
    await writeFile(path, 'content');
    expect(new Set([before, changed, cut]).size).toBe(3);
    expect(await checksums.of(path)).toBe(before);
  });

  it('fail for what is not there, and are found once it is', async () => {
    const missing = join(directory, 'missing');
    await expect(checksums.of(missing)).rejects.toMatchObject({ code: 'ENOENT' });
    await writeFile(missing, 'content');
    expect(await checksums.of(missing)).toBe(await checksums.of(path));
  });
});
