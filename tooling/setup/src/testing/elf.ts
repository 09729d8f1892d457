/** The smallest 64-bit ELF file that holds one note. */
export const elfWithNote = (owner: string, type: number): Buffer => {
  const headerSize = 64;
  const segmentSize = 56;
  const note = Buffer.alloc(12 + 4 + 8);
  note.writeUInt32LE(owner.length + 1, 0);
  note.writeUInt32LE(8, 4);
  note.writeUInt32LE(type, 8);
  note.write(owner, 12);
  const elf = Buffer.alloc(headerSize + segmentSize);
  elf.write('\x7fELF\x02\x01\x01', 'latin1');
  elf.writeBigUInt64LE(BigInt(headerSize), 0x20);
  elf.writeUInt16LE(segmentSize, 0x36);
  elf.writeUInt16LE(1, 0x38);
  elf.writeUInt32LE(4, headerSize);
  elf.writeBigUInt64LE(BigInt(elf.length), headerSize + 0x08);
  elf.writeBigUInt64LE(BigInt(note.length), headerSize + 0x20);
  return Buffer.concat([elf, note]);
};
