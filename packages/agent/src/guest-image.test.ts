import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { guestImage } from './guest-image.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'boxlite-guest-'));
  await writeFile(join(directory, 'vmlinux'), '');
  await writeFile(join(directory, 'initramfs.cpio'), '');
  await writeFile(
    join(directory, 'manifest.json'),
    JSON.stringify({ version: '0.1.0', kernelKind: 'debian', kernelRelease: '6.1.0-1-cloud-amd64' }),
  );
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

test('finds the image', async () => {
  expect(await guestImage({ directory })).toEqual({
    kernel: join(directory, 'vmlinux'),
    initramfs: join(directory, 'initramfs.cpio'),
    kernelKind: 'debian',
    kernelRelease: '6.1.0-1-cloud-amd64',
    version: '0.1.0',
  });
});

test.each(['vmlinux', 'initramfs.cpio', 'manifest.json'])('a missing %s says what to do', async (name) => {
  await rm(join(directory, name));
  await expect(guestImage({ directory })).rejects.toMatchObject({
    code: 'UnsupportedEngine',
    reason: 'guest-image-missing',
    message: expect.stringMatching(new RegExp(`${name}'.*\\./dev setup`)),
  });
});

test.each([
  '',
  '{}',
  '[]',
  'null',
  '{"version":1,"kernelKind":"own","kernelRelease":"x"}',
  '{"version":"1","kernelKind":"x","kernelRelease":"x"}',
])('the manifest %j is damaged', async (text) => {
  await writeFile(join(directory, 'manifest.json'), text);
  await expect(guestImage({ directory })).rejects.toMatchObject({ code: 'UnsupportedEngine' });
});

test('takes a kernel of one’s own, and reads its release', async () => {
  const kernel = join(directory, 'own');
  const banner = 'Linux version 6.12.3-own+ (builder@host) #1 SMP';
  // The banner lies across the border of the blocks that are read.
  await writeFile(
    kernel,
    Buffer.concat([Buffer.from('\x7fELF', 'latin1'), Buffer.from('Linux version %s'), Buffer.alloc((1 << 20) - 40), Buffer.from(banner)]),
  );
  expect(await guestImage({ directory, kernel })).toMatchObject({
    kernel,
    kernelKind: 'custom',
    kernelRelease: '6.12.3-own+',
    initramfs: join(directory, 'initramfs.cpio'),
  });
  process.env['BOXLITE_KERNEL'] = kernel;
  try {
    expect(await guestImage({ directory })).toMatchObject({ kernel });
  } finally {
    delete process.env['BOXLITE_KERNEL'];
  }
});

test('a kernel that is none is a Config error', async () => {
  const kernel = join(directory, 'bzImage');
  await writeFile(kernel, 'MZ');
  await expect(guestImage({ directory, kernel })).rejects.toMatchObject({ code: 'Config', reason: 'bad-kernel' });
  await expect(guestImage({ directory, kernel: '/nowhere' })).rejects.toMatchObject({
    code: 'Config',
    message: expect.stringContaining('ENOENT'),
  });
});
