import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { buildRootfs } from './build-rootfs.js';
import { run, testWith } from './testing/command.js';
import { tar } from './testing/tar.js';
import { temporaryDirectory } from './testing/temporary-directory.js';

const layer = (path: string, content: Buffer, compression: 'none' | 'gzip' = 'none') => {
  writeFileSync(path, content);
  return { path, compression };
};

const erofsMagic = (path: string): number => readFileSync(path).readUInt32LE(1024);

test('layers become one image, and equal layers equal ones', async () => {
  using directory = temporaryDirectory();
  const base = tar({ 'etc/hostname': 'box\n', 'bin/tool': randomBytes(100_000), gone: 'x' });
  const top = tar({ '.wh.gone': '', 'etc/motd': 'hi\n' });
  const plain = [layer(directory.file('base.tar'), base), layer(directory.file('top.tar'), top)];
  const packed = [layer(directory.file('base.tgz'), gzipSync(base), 'gzip'), layer(directory.file('top.tgz'), gzipSync(top), 'gzip')];
  const reads: number[] = [];
  const first = await buildRootfs({ layers: plain, output: directory.file('a.erofs'), onProgress: (bytes) => reads.push(bytes) });
  await buildRootfs({ layers: packed, output: directory.file('b.erofs') });

  const hash = (name: string) =>
    createHash('sha256')
      .update(readFileSync(directory.file(name)))
      .digest('hex');
  expect(hash('a.erofs')).toBe(hash('b.erofs'));
  expect(erofsMagic(directory.file('a.erofs'))).toBe(0xe0f5e1e2);
  // The root, two directories, three files.
  expect(first).toEqual({ sizeBytes: statSync(directory.file('a.erofs')).size, entries: 6 });
  expect(reads.every((bytes) => bytes <= base.length + top.length)).toBe(true);
});

testWith('fsck.erofs')('the image stands a check and holds the files', async () => {
  using directory = temporaryDirectory();
  const data = randomBytes(3 * 4096 + 17);
  const layers = [layer(directory.file('l.tar'), tar({ 'a/b/c': data, empty: '' }))];
  await buildRootfs({ layers, output: directory.file('i.erofs') });
  expect(run('fsck.erofs', `--extract=${directory.file('out')}`, directory.file('i.erofs'))).toEqual({ status: 0, output: '' });
  expect(readFileSync(directory.file('out/a/b/c')).equals(data)).toBe(true);
  expect(readFileSync(directory.file('out/empty')).length).toBe(0);
});

test('directories that the layers lack are made, and others stay as they are', async () => {
  using directory = temporaryDirectory();
  const layers = [layer(directory.file('l.tar'), tar({ 'a/b/c': 'content' }))];
  const output = directory.file('i.erofs');
  const plain = await buildRootfs({ layers, output });
  expect(await buildRootfs({ layers, directories: ['/a/b', '/a/../a'], output })).toEqual(plain);
  expect((await buildRootfs({ layers, directories: ['/a/new', '/var/lib/data/'], output })).entries).toBe(plain.entries + 4);
  await expect(buildRootfs({ layers, directories: [`/${'x'.repeat(300)}`], output })).rejects.toMatchObject({ code: 'Image' });
});

describe('failures', () => {
  const attempt = async (
    content: Buffer,
    compression: 'none' | 'gzip' = 'none',
    limits: { maxEntries?: number; maxBytes?: number } = {},
  ) => {
    using directory = temporaryDirectory();
    const layers = [layer(directory.file('l.tar'), content, compression)];
    const error: unknown = await buildRootfs({ layers, output: directory.file('i.erofs'), ...limits }).catch((reason: unknown) => reason);
    expect(readdirSync(directory.path)).toEqual(['l.tar']);
    return error;
  };

  test('a damaged layer is named, and nothing is left behind', async () => {
    const archive = tar({ file: 'x'.repeat(5000) });
    const damaged = Buffer.from(archive);
    damaged[0] = 0x66 + 1;
    expect(await attempt(damaged)).toMatchObject({
      code: 'Image',
      reason: 'corrupt-layer',
      message: expect.stringContaining('layer 1 of 1') as string,
    });
    expect(await attempt(archive.subarray(0, 2000))).toMatchObject({ code: 'Image', reason: 'truncated-layer' });
    expect(await attempt(gzipSync(archive).subarray(0, 60), 'gzip')).toMatchObject({ code: 'Image', reason: 'truncated-layer' });
    expect(await attempt(archive, 'gzip')).toMatchObject({ code: 'Image', reason: 'corrupt-layer' });
  });

  test('limits hold', async () => {
    expect(await attempt(tar({ a: '', b: '', c: '' }), 'none', { maxEntries: 2 })).toMatchObject({
      code: 'Image',
      reason: 'limit-exceeded',
    });
    expect(await attempt(tar({ a: Buffer.alloc(100_000) }), 'none', { maxBytes: 50_000 })).toMatchObject({
      code: 'Image',
      reason: 'limit-exceeded',
    });
  });

  const isRoot = process.getuid?.() === 0;
  if (!isRoot) process.stderr.write('skipped: a full disk needs root, to mount one\n');
  (isRoot ? test : test.skip)('a full disk is a Storage error that says where', async () => {
    using directory = temporaryDirectory();
    const layers = [layer(directory.file('l.tar'), tar({ a: randomBytes(2 << 20) }))];
    mkdirSync(directory.file('full'));
    expect(run('mount', '-t', 'tmpfs', '-o', 'size=1m', 'none', directory.file('full'))).toMatchObject({ status: 0 });
    try {
      const output = directory.file('full/i.erofs');
      const message = expect.stringContaining(output) as string;
      await expect(buildRootfs({ layers, output })).rejects.toMatchObject({ code: 'Storage', reason: 'ENOSPC', message });
      expect(readdirSync(directory.file('full'))).toEqual([]);
    } finally {
      run('umount', directory.file('full'));
    }
  });

  test('a layer that is not there is a Storage error', async () => {
    using directory = temporaryDirectory();
    const layers = [{ path: '/nonexistent', compression: 'none' as const }];
    await expect(buildRootfs({ layers, output: directory.file('i') })).rejects.toMatchObject({ code: 'Storage', reason: 'ENOENT' });
  });

  test('options are checked', async () => {
    const bad = { layers: [{ path: 'x', compression: 'lzma' as 'gzip' }], output: 'y' };
    await expect(buildRootfs(bad)).rejects.toMatchObject({ code: 'InvalidArgument' });
    await expect(buildRootfs({ layers: [], output: 'y', maxEntries: Number.NaN })).rejects.toMatchObject({ code: 'InvalidArgument' });
    await expect(buildRootfs({ layers: [], output: '' })).rejects.toMatchObject({ code: 'InvalidArgument' });
  });

  test('an abort stops it and removes what was made', async () => {
    using directory = temporaryDirectory();
    const layers = [layer(directory.file('l.tar'), tar({ big: Buffer.alloc(64 << 20, 1) }))];
    const controller = new AbortController();
    const building = buildRootfs({
      layers,
      output: directory.file('i.erofs'),
      signal: controller.signal,
      onProgress: () => {
        controller.abort(new Error('enough'));
      },
    });
    await expect(building).rejects.toMatchObject({ name: 'AbortError', cause: new Error('enough') });
    expect(readdirSync(directory.path)).toEqual(['l.tar']);
    await expect(buildRootfs({ layers, output: directory.file('i.erofs'), signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  test('what the progress callback throws ends the build', async () => {
    using directory = temporaryDirectory();
    const layers = [layer(directory.file('l.tar'), tar({ big: Buffer.alloc(64 << 20, 1) }))];
    const onProgress = () => {
      throw new Error('no more');
    };
    await expect(buildRootfs({ layers, output: directory.file('i.erofs'), onProgress })).rejects.toThrow('no more');
    expect(readdirSync(directory.path)).toEqual(['l.tar']);
  });
});
