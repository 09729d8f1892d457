import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDirectories } from './make-directories.js';

describe('makeDirectories', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'boxlite-mkdir-'));
  });

  afterEach(() => rm(root, { recursive: true }));

  it('makes what is missing, for its owner only, and is content with what is there', async () => {
    const path = join(root, 'a', 'b', 'c');
    await Promise.all([makeDirectories(path), makeDirectories(path)]);
    await makeDirectories(path);
    expect((await stat(join(root, 'a'))).mode & 0o777).toBe(0o700);
    expect((await stat(path)).isDirectory()).toBe(true);
  });

  it.each([
    ['below a file', async () => join(await fileIn(root), 'x'), 'ENOTDIR'],
    ['at a file', () => fileIn(root), 'EEXIST'],
    ['in /proc', () => Promise.resolve('/proc/boxlite/x'), 'ENOENT'],
  ])('fails %s', async (_, path, code) => {
    await expect(makeDirectories(await path())).rejects.toMatchObject({ code });
  });
});

const fileIn = async (root: string): Promise<string> => {
  const path = join(root, 'file');
  await writeFile(path, '');
  return path;
};
