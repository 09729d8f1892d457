import { gzipSync } from 'node:zlib';
import { elfWithNote } from '../testing/elf.js';
import { bootsByPvh, extractVmlinux } from './bzimage.js';

/** A bzImage with two setup sectors and the payload right at the start of its protected-mode part. */
const bzImage = (payload: Buffer, protocol = 0x20f): Buffer => {
  const head = Buffer.alloc(3 * 512);
  head[0x1f1] = 2;
  head.write('HdrS', 0x202);
  head.writeUInt16LE(protocol, 0x206);
  head.writeUInt32LE(0, 0x248);
  head.writeUInt32LE(payload.length, 0x24c);
  return Buffer.concat([head, payload, Buffer.from('what follows the payload')]);
};

describe('extractVmlinux', () => {
  const vmlinux = elfWithNote('Xen', 18);

  test('takes an uncompressed kernel as it is', () => {
    expect(extractVmlinux(bzImage(vmlinux))).toEqual(vmlinux);
  });

  test('unpacks gzip', () => {
    expect(extractVmlinux(bzImage(gzipSync(vmlinux)))).toEqual(vmlinux);
  });

  test('refuses what it cannot read', () => {
    expect(() => extractVmlinux(Buffer.alloc(4096))).toThrow('no boot header');
    expect(() => extractVmlinux(bzImage(vmlinux, 0x207))).toThrow('before 2.08');
    expect(() => extractVmlinux(bzImage(Buffer.from('\xfd7zXZ\0…', 'latin1')))).toThrow('fd377a585a00');
  });
});

describe('bootsByPvh', () => {
  test('looks for the entry note of its owner and type', () => {
    expect(bootsByPvh(elfWithNote('Xen', 18))).toBe(true);
    expect(bootsByPvh(elfWithNote('Xen', 17))).toBe(false);
    expect(bootsByPvh(elfWithNote('GNU', 18))).toBe(false);
  });
});
