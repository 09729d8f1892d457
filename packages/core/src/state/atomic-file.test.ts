import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFileAtomic } from './atomic-file.js';

describe('writeFileAtomic', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'boxlite-atomic-'));
  });

  afterEach(() => rm(directory, { recursive: true }));

  it('replaces a file, readable by its owner only, and leaves nothing beside it', async () => {
    const path = join(directory, 'file');
    await writeFileAtomic(path, 'one');
    await writeFileAtomic(path, 'two');
    expect(await readFile(path, 'utf8')).toBe('two');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(['file']);
  });

  it('leaves nothing when it fails', async () => {
    await expect(writeFileAtomic(join(directory, 'x'.repeat(250)), 'content')).rejects.toThrow();
    await expect(writeFileAtomic(directory, 'content')).rejects.toThrow();
    expect(await readdir(directory)).toEqual([]);
  });

  it('shows a reader the old content or the new one, whole', async () => {
    const path = join(directory, 'file');
    const contents = ['a', 'b'].map((letter) => letter.repeat(100_000));
    await writeFileAtomic(path, contents[0] ?? '');
    let writing = true;
    const writer = (async () => {
      for (let i = 0; i < 20; i += 1) await writeFileAtomic(path, contents[i % 2] ?? '');
      writing = false;
    })();
    while (writing) expect(contents).toContain(await readFile(path, 'utf8'));
    await writer;
  });
});
