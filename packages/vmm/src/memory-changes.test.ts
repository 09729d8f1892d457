import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { materialiseRam } from './materialise-ram.js';
import { MemoryChanges } from './memory-changes.js';
import { run } from './testing/command.js';
import { TestEngine, testWithEngine } from './testing/engine.js';
import { temporaryDirectory } from './testing/temporary-directory.js';

const MIB = 1024 * 1024;
const RAM_BYTES = 16 * MIB;

/** An engine whose RAM is the file, mapped privately. What is loaded are files, each to an address. */
const engineWith = async (ram: string, loaded: Record<string, number> = {}): Promise<TestEngine> =>
  TestEngine.start(
    ...['-M', 'q35,memory-backend=ram', '-m', '16', '-bios', 'qboot.rom'],
    ...['-object', `memory-backend-file,id=ram,size=16M,mem-path=${ram},share=off`],
    ...Object.entries(loaded).flatMap(([file, address]) => ['-device', `loader,file=${file},addr=${address},force-raw=on`]),
  );

const memoryOf = async (engine: TestEngine, path: string): Promise<Buffer> => {
  await engine.command('pmemsave', { val: MIB, size: RAM_BYTES - MIB, filename: path });
  return readFileSync(path);
};

testWithEngine()('what a machine changed goes to others, through files too', async () => {
  using directory = temporaryDirectory();
  const ram = directory.file('ram');
  writeFileSync(ram, randomBytes(RAM_BYTES));
  writeFileSync(directory.file('one'), Buffer.concat([randomBytes(MIB), Buffer.alloc(MIB), randomBytes(5000)]));
  writeFileSync(directory.file('two'), randomBytes(4096));
  await using parent = await engineWith(ram, { [directory.file('one')]: 8 * MIB, [directory.file('two')]: RAM_BYTES - 4096 });
  renameSync(ram, directory.file('moved'));

  using captured = await MemoryChanges.capture({ pid: parent.pid, ram: directory.file('moved') });
  expect(captured.pages).toBeGreaterThanOrEqual(512 + 2 + 1);
  expect(captured.bytes).toBe(captured.pages * 4096);
  const expected = await memoryOf(parent, directory.file('parent.bin'));
  const { sizeBytes } = await captured.write(directory.file('changes'));
  // A megabyte of it is zero.
  expect(sizeBytes).toBeLessThan(captured.bytes - MIB + 64 * 1024);
  expect(statSync(directory.file('changes')).blocks * 512).toBe(sizeBytes);

  using read = await MemoryChanges.read(directory.file('changes'), { ramBytes: RAM_BYTES });
  expect(read.pages).toBe(captured.pages);
  for (const changes of [captured, read]) {
    await using clone = await engineWith(directory.file('moved'));
    expect((await memoryOf(clone, directory.file('clone.bin'))).equals(expected)).toBe(false);
    await changes.apply({ pid: clone.pid, ram: directory.file('moved') });
    expect((await memoryOf(clone, directory.file('clone.bin'))).equals(expected)).toBe(true);
  }

  await materialiseRam({ base: directory.file('moved'), changes: read, output: directory.file('whole') });
  await using restored = await engineWith(directory.file('whole'));
  expect((await memoryOf(restored, directory.file('restored.bin'))).equals(expected)).toBe(true);
});

testWithEngine()('memory that is in use is released when the use ends', async () => {
  using directory = temporaryDirectory();
  writeFileSync(directory.file('ram'), randomBytes(RAM_BYTES));
  writeFileSync(directory.file('data'), randomBytes(4 * MIB));
  await using engine = await engineWith(directory.file('ram'), { [directory.file('data')]: 8 * MIB });
  const changes = await MemoryChanges.capture({ pid: engine.pid, ram: directory.file('ram') });
  const writes = ['a', 'b'].map((name) => changes.write(directory.file(name)));
  changes.release();
  changes.release();
  await Promise.all(writes);
  expect(readFileSync(directory.file('a')).equals(readFileSync(directory.file('b')))).toBe(true);
  await expect(changes.write(directory.file('c'))).rejects.toMatchObject({ code: 'InvalidState', reason: 'released' });
  await expect(changes.apply({ pid: engine.pid, ram: directory.file('ram') })).rejects.toMatchObject({ code: 'InvalidState' });
  const options = { base: directory.file('ram'), changes, output: directory.file('d') };
  await expect(materialiseRam(options)).rejects.toMatchObject({ code: 'InvalidState', reason: 'released' });
  expect(readdirSync(directory.path).sort()).toEqual(['a', 'b', 'data', 'ram']);
});

const testAsRoot = process.getuid?.() === 0 ? testWithEngine() : test.skip;
testAsRoot('a full disk keeps what was there', async () => {
  using directory = temporaryDirectory();
  writeFileSync(directory.file('ram'), randomBytes(RAM_BYTES));
  writeFileSync(directory.file('data'), randomBytes(4 * MIB));
  await using engine = await engineWith(directory.file('ram'), { [directory.file('data')]: 8 * MIB });
  using changes = await MemoryChanges.capture({ pid: engine.pid, ram: directory.file('ram') });
  mkdirSync(directory.file('full'));
  expect(run('mount', '-t', 'tmpfs', '-o', 'size=2m', 'none', directory.file('full'))).toMatchObject({ status: 0 });
  try {
    const path = directory.file('full/changes');
    writeFileSync(path, 'old');
    await expect(changes.write(path)).rejects.toMatchObject({ code: 'ResourceExhausted', reason: 'ENOSPC' });
    const options = { base: directory.file('ram'), changes, output: path };
    await expect(materialiseRam(options)).rejects.toMatchObject({ code: 'ResourceExhausted', reason: 'ENOSPC' });
    expect(readdirSync(directory.file('full'))).toEqual(['changes']);
    expect(readFileSync(path, 'utf8')).toBe('old');
  } finally {
    run('umount', directory.file('full'));
  }
});

describe('failures', () => {
  test('a process that maps no such file', async () => {
    using directory = temporaryDirectory();
    const ram = directory.file('ram');
    writeFileSync(ram, Buffer.alloc(8192));
    const capture = MemoryChanges.capture({ pid: process.pid, ram });
    await expect(capture).rejects.toMatchObject({ code: 'Engine', reason: 'ram-not-mapped' });
    truncateSync(ram, 100);
    await expect(MemoryChanges.capture({ pid: process.pid, ram })).rejects.toMatchObject({ code: 'InvalidArgument' });
  });

  test.each([0, -1, 1.5, Number.NaN, 2 ** 31, 2 ** 32 + 1])('%p is no process', async (pid) => {
    await expect(MemoryChanges.capture({ pid, ram: '/nonexistent' })).rejects.toMatchObject({ code: 'InvalidArgument' });
  });

  test('a process that is not there', async () => {
    const capture = MemoryChanges.capture({ pid: 0x7fff_ffff, ram: '/nonexistent' });
    await expect(capture).rejects.toMatchObject({ code: 'Engine', reason: 'vmm-gone' });
  });

  test('a file of something else', async () => {
    using directory = temporaryDirectory();
    writeFileSync(directory.file('x'), randomBytes(100_000));
    const read = MemoryChanges.read(directory.file('x'), { ramBytes: RAM_BYTES });
    await expect(read).rejects.toMatchObject({ code: 'Storage', reason: 'memory-damaged' });
    await expect(MemoryChanges.read('x', { ramBytes: 0.5 })).rejects.toMatchObject({ code: 'InvalidArgument' });
  });
});
