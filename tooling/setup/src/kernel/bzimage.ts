import { gunzipSync } from 'node:zlib';
import { ElfFile } from '../elf/elf-file.js';
import { decodeLz4Legacy, isLz4Legacy } from './lz4-legacy.js';

// Offsets of the real-mode header (Linux, Documentation/arch/x86/boot.rst).
const SETUP_SECTORS = 0x1f1;
const HEADER_MAGIC = 0x202;
const PROTOCOL_VERSION = 0x206;
const PAYLOAD_OFFSET = 0x248;
const PAYLOAD_LENGTH = 0x24c;

/** `XEN_ELFNOTE_PHYS32_ENTRY`: the address at which a PVH boot enters the kernel. */
const PVH_ENTRY_NOTE = 18;

/** Takes the kernel's ELF file out of a bzImage. @throws when the image is not one, or compressed in a way not known here. */
export const extractVmlinux = (image: Buffer): Buffer => {
  if (image.toString('latin1', HEADER_MAGIC, HEADER_MAGIC + 4) !== 'HdrS') throw new Error('not a bzImage: no boot header');
  if (image.readUInt16LE(PROTOCOL_VERSION) < 0x208) throw new Error('bzImage of a boot protocol before 2.08: it does not name its payload');
  const protectedMode = ((image[SETUP_SECTORS] || 4) + 1) * 512;
  const start = protectedMode + image.readUInt32LE(PAYLOAD_OFFSET);
  const payload = image.subarray(start, start + image.readUInt32LE(PAYLOAD_LENGTH));
  if (isLz4Legacy(payload)) return decodeLz4Legacy(payload);
  if (payload[0] === 0x1f && payload[1] === 0x8b) return gunzipSync(payload, { finishFlush: 2 });
  if (ElfFile.isElf(payload)) return payload;
  throw new Error(`the kernel is compressed in a way not known here (first bytes ${payload.toString('hex', 0, 6)})`);
};

/** Whether a VMM can boot this kernel directly, by the PVH protocol. */
export const bootsByPvh = (vmlinux: Buffer): boolean =>
  ElfFile.parse(vmlinux)
    .notes()
    .some(({ owner, type }) => owner === 'Xen' && type === PVH_ENTRY_NOTE);
