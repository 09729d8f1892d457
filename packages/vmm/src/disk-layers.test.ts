import { closeSync, openSync, readFileSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { createOverlay } from './create-overlay.js';
import { type DiskLayer, inspectLayer } from './disk-layer.js';
import { flattenDisk } from './flatten-disk.js';
import { TestEngine, testWithEngine } from './testing/engine.js';
import { temporaryDirectory } from './testing/temporary-directory.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const DISK_BYTES = 64 * MIB;

/** An engine without a machine that has opened the chain; its top is called `top`. */
const engineOn = async (layers: readonly DiskLayer[]): Promise<TestEngine> =>
  TestEngine.start(
    ...['-M', 'none'],
    ...layers.flatMap(({ path, format }, index) => {
      const isTop = index === layers.length - 1;
      const below = index === 0 ? '' : `,backing=layer${index - 1}`;
      const file = `file,node-name=file${index},filename=${path},discard=unmap,read-only=${isTop ? 'off' : 'on'}`;
      const name = isTop ? 'top' : `layer${index}`;
      return [
        '-blockdev',
        `driver=${file}`,
        '-blockdev',
        `driver=${format},node-name=${name},file=file${index},discard=unmap,read-only=${isTop ? 'off' : 'on'}${below}`,
      ];
    }),
  );

/** Lets the engine check and mend a file as if its reference counts could be wrong, and tells what it found. */
const check = async (layers: readonly DiskLayer[]): Promise<string> => {
  // The lowest byte of the incompatible features: dirty.
  const file = openSync(layers.at(-1)!.path, 'r+');
  writeSync(file, Buffer.of(1), 0, 1, 79);
  closeSync(file);
  await using engine = await engineOn(layers);
  return await engine.quit();
};

/** What qemu-io says of commands that did what they should. */
const DONE = /^((wrote|read|discard) \d+\/\d+ bytes at offset \d+\n.*ops\/sec\)\n)+$/;

testWithEngine()('the engine fills layers of ours, and they can be read back as one disk', async () => {
  using directory = temporaryDirectory();
  const layers: DiskLayer[] = [{ path: directory.file('base.raw'), format: 'raw' }];
  writeFileSync(layers[0]!.path, Buffer.alloc(300 * KIB, 'B'));
  truncateSync(layers[0]!.path, DISK_BYTES);
  const model = Buffer.alloc(DISK_BYTES);
  model.fill('B', 0, 300 * KIB);

  const writes = [
    [
      ['write -P 65 4k 4k', 'A', 4, 4],
      ['write -P 67 1000k 333k', 'C', 1000, 333],
      ['write -P 68 60000k 100k', 'D', 60_000, 100],
    ],
    [
      ['write -P 69 0 1k', 'E', 0, 1],
      ['write -z 100k 64k', '\0', 100, 64],
      ['discard 1024k 64k', '\0', 1024, 64],
      ['write -P 70 1100k 2k', 'F', 1100, 2],
    ],
    [
      ['write -P 71 1000k 16k', 'G', 1000, 16],
      ['write -P 72 65535k 1k', 'H', 65_535, 1],
    ],
  ] as const;
  for (const [index, steps] of writes.entries()) {
    const path = directory.file(`layer${index}.qcow2`);
    await createOverlay(path, { sizeBytes: DISK_BYTES, sync: index === 0 });
    layers.push({ path, format: 'qcow2' });
    expect(await check(layers)).toBe('');
    await using engine = await engineOn(layers);
    for (const [command, fill, at, length] of steps) {
      await engine.io('top', command);
      model.fill(fill, at * KIB, (at + length) * KIB);
    }
    expect(await engine.quit()).toMatch(DONE);
    expect(await check(layers)).toBe('');
    expect(await inspectLayer(path, 'qcow2')).toEqual({ virtualBytes: DISK_BYTES });
    expect(statSync(path).blocks * 512).toBeLessThan(MIB);
  }

  const output = directory.file('flat.raw');
  const told: { doneBytes: number; totalBytes: number }[] = [];
  const { sizeBytes } = await flattenDisk({ layers, output, onProgress: (progress) => told.push(progress) });
  expect(readFileSync(output).equals(model)).toBe(true);
  expect(sizeBytes).toBeLessThan(2 * MIB);
  expect(told.every(({ doneBytes, totalBytes }) => doneBytes <= totalBytes && totalBytes === DISK_BYTES)).toBe(true);

  // What it shows is what the engine reads.
  await using engine = await engineOn([{ path: output, format: 'raw' }]);
  await engine.io('top', 'read -P 71 1000k 16k');
  expect(await engine.quit()).toMatch(DONE);
});

testWithEngine()('a layer that grew the disk', async () => {
  using directory = temporaryDirectory();
  const base: DiskLayer = { path: directory.file('base'), format: 'raw' };
  writeFileSync(base.path, Buffer.alloc(MIB, 1));
  const top: DiskLayer = { path: directory.file('top'), format: 'qcow2' };
  await createOverlay(top.path, { sizeBytes: 3 * MIB });
  await using engine = await engineOn([base, top]);
  await engine.io('top', 'read -P 0 1M 2M');
  await engine.io('top', 'write -P 2 2M 4k');
  expect(await engine.quit()).toMatch(DONE);
  await flattenDisk({ layers: [base, top], output: directory.file('flat') });
  const model = Buffer.concat([Buffer.alloc(MIB, 1), Buffer.alloc(MIB), Buffer.alloc(4096, 2), Buffer.alloc(MIB - 4096)]);
  expect(readFileSync(directory.file('flat')).equals(model)).toBe(true);
});

testWithEngine()('the check that finds nothing would find something', async () => {
  using directory = temporaryDirectory();
  const layer: DiskLayer = { path: directory.file('layer'), format: 'qcow2' };
  await createOverlay(layer.path, { sizeBytes: DISK_BYTES });
  // The third cluster holds the counts, of 2 bytes each: the second cluster's is made 0.
  const file = openSync(layer.path, 'r+');
  writeSync(file, Buffer.of(0, 0), 0, 2, 2 * 16 * KIB + 2);
  closeSync(file);
  expect(await check([layer])).toMatch(/Repairing cluster 1/);
  expect(await check([layer])).toBe('');
});

describe('failures', () => {
  test('what is no layer', async () => {
    using directory = temporaryDirectory();
    const path = directory.file('x');
    writeFileSync(path, Buffer.alloc(100_000, 7));
    await expect(inspectLayer(path, 'qcow2')).rejects.toMatchObject({ code: 'Storage', reason: 'layer-damaged' });
    await expect(inspectLayer(path, 'raw')).rejects.toMatchObject({ code: 'Storage', reason: 'layer-damaged' });
    await expect(inspectLayer(path, 'vmdk' as 'raw')).rejects.toMatchObject({ code: 'InvalidArgument' });
    const layers = [{ path, format: 'qcow2' as const }];
    await expect(flattenDisk({ layers, output: directory.file('y') })).rejects.toMatchObject({ reason: 'layer-damaged' });
    await expect(flattenDisk({ layers: [], output: directory.file('y') })).rejects.toMatchObject({ code: 'InvalidArgument' });
  });

  test('sizes that no disk has', async () => {
    for (const sizeBytes of [0, -512, 100, 512.5, Number.NaN, 16 * 1024 ** 4 + 512]) {
      await expect(createOverlay('/nonexistent/x', { sizeBytes })).rejects.toMatchObject({ code: 'InvalidArgument' });
    }
    await expect(createOverlay('/nonexistent/x', { sizeBytes: 512 })).rejects.toMatchObject({ code: 'Storage', reason: 'ENOENT' });
  });

  test('a layer that exists is left alone', async () => {
    using directory = temporaryDirectory();
    writeFileSync(directory.file('x'), 'old');
    await expect(createOverlay(directory.file('x'), { sizeBytes: 512 })).rejects.toMatchObject({ code: 'AlreadyExists' });
    expect(readFileSync(directory.file('x'), 'utf8')).toBe('old');
  });

  test('an abort, and what a callback throws, end the work', async () => {
    using directory = temporaryDirectory();
    const path = directory.file('x');
    await createOverlay(path, { sizeBytes: 1024 ** 4 });
    const options = { layers: [{ path, format: 'qcow2' as const }], output: directory.file('flat'), sync: false };
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(flattenDisk({ ...options, signal })).rejects.toMatchObject({ name: 'AbortError', cause: new Error('enough') });
    // 1024 tables that are not there: told in between, and then cancelled or done before that comes through.
    const onProgress = () => {
      throw new Error('no more');
    };
    const result: unknown = await flattenDisk({ ...options, onProgress }).catch((error: unknown) => error);
    expect(result).toEqual(expect.objectContaining(result instanceof Error ? { message: 'no more' } : { sizeBytes: 0 }));
  });
});
