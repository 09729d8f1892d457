import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { temporaryDirectory } from '../../testing/with-shim.js';
import { locateBundle } from './bundle.js';

const MANIFEST = { bundle: 1, engine: 'qemu', version: '7.2.22', package: '1:7.2', target: `${process.platform}-${process.arch}` };

const makeBundle = async (directory: string, manifest: unknown = MANIFEST): Promise<void> => {
  for (const [name, text] of [
    ['manifest.json', typeof manifest === 'string' ? manifest : JSON.stringify(manifest)],
    ['lib/ld-linux-x86-64.so.2', ''],
    ['bin/qemu-system-x86_64', ''],
    ['share/qemu/qboot.rom', ''],
    ['preload.so', ''],
  ] as const) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text, { mode: 0o755 });
  }
};

const locate = (directory: string): ReturnType<typeof locateBundle> => locateBundle(directory, join(directory, 'preload.so'));

const refusal = (reason: string, text: string): unknown => {
  const message = expect.stringContaining(text) as unknown;
  return expect.objectContaining({ code: 'UnsupportedEngine', reason, message });
};

describe('locateBundle', () => {
  it('finds a bundle that fits', async () => {
    await using directory = await temporaryDirectory();
    await makeBundle(directory.path);
    const at = (name: string): string => join(directory.path, name);
    expect(await locate(directory.path)).toEqual({
      kind: 'bundle',
      version: '7.2.22',
      path: at('bin/qemu-system-x86_64'),
      program: at('lib/ld-linux-x86-64.so.2'),
      programArgs: ['--library-path', at('lib'), at('bin/qemu-system-x86_64'), '-L', at('share/qemu')],
      env: { QEMU_MODULE_DIR: at('lib/qemu') },
      preload: at('preload.so'),
      readable: [directory.path],
    });
  });

  it('says how to get one that is missing', async () => {
    await using directory = await temporaryDirectory();
    await expect(locate(directory.path)).rejects.toEqual(refusal('engine-missing', './dev setup'));
  });

  it.each([
    ['bundle', 2, 'its bundle is 2, not 1'],
    ['engine', 'other', 'its engine is "other"'],
    ['target', 'linux-sparc', 'its target is "linux-sparc"'],
    ['version', '7.1.9', '7.2 or newer'],
    ['version', 'new', '7.2 or newer'],
  ])('refuses one whose %s is %p', async (field, value, text) => {
    await using directory = await temporaryDirectory();
    await makeBundle(directory.path, { ...MANIFEST, [field]: value });
    await expect(locate(directory.path)).rejects.toEqual(refusal('engine-version', text));
  });

  it.each([
    ['cut short', '{"bundle":1,'],
    ['endless', ' '.repeat(70_000)],
  ])('refuses a manifest that is %s', async (_, text) => {
    await using directory = await temporaryDirectory();
    await makeBundle(directory.path, text);
    await expect(locate(directory.path)).rejects.toEqual(refusal('engine-damaged', 'manifest'));
  });

  it.each(['lib/ld-linux-x86-64.so.2', 'bin/qemu-system-x86_64', 'share/qemu/qboot.rom', 'preload.so'])(
    'refuses one without %s',
    async (name) => {
      await using directory = await temporaryDirectory();
      await makeBundle(directory.path);
      await rm(join(directory.path, name));
      await expect(locate(directory.path)).rejects.toEqual(refusal('engine-damaged', name));
    },
  );
});
