import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory } from './testing/temporary-directory.js';
import { TreeSink } from './tree-sink.js';
import { TreeSource } from './tree-source.js';

describe('TreeSource and TreeSink', () => {
  it('bring a tree from one place to another', async () => {
    using directory = temporaryDirectory();
    await mkdir(join(directory.path, 'from/sub'), { recursive: true });
    for (let i = 0; i < 100; i += 1) await writeFile(join(directory.path, 'from/sub', String(i)), Buffer.alloc(i * 1000, i));
    await symlink('nowhere', join(directory.path, 'from/link'));
    await using source = await TreeSource.open(Buffer.from(join(directory.path, 'from')));
    await using sink = new TreeSink(Buffer.from(join(directory.path, 'to')));
    for await (const messages of source) await sink.write(messages);
    expect(sink.ended).toBe(true);
    expect(sink.copied).toEqual(source.copied);
    expect(sink.copied).toEqual({ entries: 103, bytes: 4_950_000, skipped: 0, lostXattrs: 0 });
    expect(await readFile(join(directory.path, 'to/sub/99'))).toEqual(Buffer.alloc(99_000, 99));
  });

  it('name what cannot be opened', async () => {
    using directory = temporaryDirectory();
    const open = TreeSource.open(Buffer.from(join(directory.path, 'nothing')));
    await expect(open).rejects.toMatchObject({ code: 'NotFound', reason: 'ENOENT', message: expect.stringContaining('nothing') as string });
  });

  it('leave nothing of a copy that broke off, and write nothing after they were closed', async () => {
    using directory = temporaryDirectory();
    const sink = new TreeSink(Buffer.from(join(directory.path, 'to')));
    // A directory, and what is no record.
    await expect(sink.write([Buffer.from([1, 1, 0x61, 0]), Buffer.from([99])])).rejects.toMatchObject({
      code: 'Portal',
      reason: 'protocol-violation',
    });
    await sink[Symbol.asyncDispose]();
    expect(await readdir(directory.path)).toEqual([]);
    await expect(sink.write([Buffer.from([2])])).rejects.toMatchObject({ reason: 'aborted' });
  });
});
