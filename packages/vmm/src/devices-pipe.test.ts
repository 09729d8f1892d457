import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { DevicesPipe } from './devices-pipe.js';
import { TestEngine, testWithEngine } from './testing/engine.js';
import { temporaryDirectory } from './testing/temporary-directory.js';

const MIB = 1024 * 1024;

/** An engine whose guest's RAM is the file, but for a page in its middle. */
const engineWith = async (ram: string): Promise<TestEngine> => {
  writeFileSync(`${ram}.page`, Buffer.alloc(4096, 'x'));
  return TestEngine.start(
    ...['-M', 'q35,memory-backend=ram', '-m', '16', '-bios', 'qboot.rom'],
    ...['-object', `memory-backend-file,id=ram,size=16M,mem-path=${ram},share=off`],
    ...['-device', `loader,file=${ram}.page,addr=${8 * MIB},force-raw=on`],
  );
};

testWithEngine()('an engine stands still until its memory was read, and goes on', async () => {
  using directory = temporaryDirectory();
  const ram = directory.file('ram');
  writeFileSync(ram, randomBytes(16 * MIB));
  await using engine = await engineWith(ram);
  {
    using pipe = DevicesPipe.create(directory.file('pipe'));
    const saved = engine.command('xen-save-devices-state', { filename: pipe.path });
    using changes = await pipe.capture({ pid: engine.pid, ram }, directory.file('devices'));
    expect(changes.pages).toBeGreaterThan(0);
    await saved;
  }
  await engine.command('xen-save-devices-state', { filename: directory.file('again') });
  // More than the pipe holds, or it would hold nobody.
  expect(readFileSync(directory.file('devices')).length).toBeGreaterThan(4 * 4096);
  expect(readFileSync(directory.file('devices')).equals(readFileSync(directory.file('again')))).toBe(true);
  expect(readdirSync(directory.path).sort()).toEqual(['again', 'devices', 'ram', 'ram.page']);
});

testWithEngine()('an engine whose memory cannot be read goes on', async () => {
  using directory = temporaryDirectory();
  writeFileSync(directory.file('ram'), randomBytes(16 * MIB));
  writeFileSync(directory.file('other'), randomBytes(16 * MIB));
  await using engine = await engineWith(directory.file('ram'));
  using pipe = DevicesPipe.create(directory.file('pipe'));
  const saved = engine.command('xen-save-devices-state', { filename: pipe.path });
  const capture = pipe.capture({ pid: engine.pid, ram: directory.file('other') }, directory.file('devices'));
  await expect(capture).rejects.toMatchObject({ code: 'Engine', reason: 'ram-not-mapped' });
  await saved;
  expect(readdirSync(directory.path).sort()).toEqual(['other', 'pipe', 'ram', 'ram.page']);
});

testWithEngine()('an engine that ends, or refuses, ends the wait', async () => {
  using directory = temporaryDirectory();
  const ram = directory.file('ram');
  writeFileSync(ram, Buffer.alloc(16 * MIB));
  const engine = await engineWith(ram);
  using pipe = DevicesPipe.create(directory.file('pipe'));
  const refused = expect(pipe.capture({ pid: engine.pid, ram }, directory.file('devices'))).rejects.toMatchObject({
    code: 'Engine',
    reason: 'devices-unsaved',
  });
  pipe.cancel();
  await refused;
  using other = DevicesPipe.create(directory.file('other'));
  const ended = expect(other.capture({ pid: engine.pid, ram }, directory.file('devices'))).rejects.toMatchObject({
    code: 'Engine',
    reason: 'vmm-gone',
  });
  await engine[Symbol.asyncDispose]();
  await ended;
});

test('a name that is taken', () => {
  using directory = temporaryDirectory();
  writeFileSync(directory.file('taken'), '');
  expect(() => DevicesPipe.create(directory.file('taken'))).toThrow(expect.objectContaining({ code: 'Storage', reason: 'EEXIST' }));
});
