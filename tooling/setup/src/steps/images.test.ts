import { busyboxTree } from './busybox-image.js';
import { initramfs } from './guest-image.js';

describe('initramfs', () => {
  const agent = Buffer.from('agent');

  test('lists the modules in the order in which they are to be loaded', () => {
    const archive = initramfs(agent, [
      { name: 'virtio.ko', data: Buffer.from('1') },
      { name: 'virtio_pci.ko', data: Buffer.from('2') },
    ]);
    expect(archive.includes('virtio.ko\nvirtio_pci.ko\n')).toBe(true);
  });

  test('has no list when everything is built into the kernel', () => {
    expect(initramfs(agent, []).includes('modules/order')).toBe(false);
  });
});

describe('busyboxTree', () => {
  const tree = busyboxTree(Buffer.from('busybox'), ['bin/busybox', 'bin/sh', 'usr/bin/env'], Buffer.from('licence'), '1.35');
  const find = (path: string) => tree.find((entry) => entry.path === path);

  test('links every program to busybox, relative to where it lies', () => {
    expect(find('bin/sh')).toMatchObject({ kind: 'symlink', target: 'busybox' });
    expect(find('usr/bin/env')).toMatchObject({ kind: 'symlink', target: '../../bin/busybox' });
    expect(find('bin/busybox')).toMatchObject({ kind: 'file' });
  });

  test('makes every directory before what lies in it', () => {
    const made = new Set<string>(['.']);
    for (const { path, kind } of tree) {
      const parent = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.';
      expect(made).toContain(parent);
      if (kind === 'directory') made.add(path);
    }
  });

  test('has the sticky directories that programs expect', () => {
    expect(find('tmp')?.mode).toBe(0o1777);
    expect(find('var/tmp')?.mode).toBe(0o1777);
    expect(find('root')?.mode).toBe(0o700);
  });
});
