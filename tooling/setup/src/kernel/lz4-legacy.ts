const MAGIC = 0x184c2102;
/** Each block of the legacy frame holds at most 8 MiB of data (lz4_Frame_format.md, "Legacy frame"). */
const BLOCK_SIZE = 8 << 20;

export const isLz4Legacy = (data: Buffer): boolean => data.length >= 8 && data.readUInt32LE(0) === MAGIC;

/** Decodes an LZ4 legacy frame, the form that the kernel's build makes. @throws when the data is damaged. */
export const decodeLz4Legacy = (data: Buffer): Buffer => {
  if (!isLz4Legacy(data)) throw new Error('not an LZ4 legacy frame');
  const blocks: Buffer[] = [];
  let at = 4;
  while (at + 4 <= data.length) {
    const size = data.readUInt32LE(at);
    at += 4;
    if (size === MAGIC) continue;
    // The kernel's build appends the uncompressed size, which no block follows.
    if (size === 0 || at + size > data.length) break;
    blocks.push(decodeBlock(data.subarray(at, at + size)));
    at += size;
  }
  return Buffer.concat(blocks);
};

const decodeBlock = (source: Buffer): Buffer => {
  const target = Buffer.allocUnsafe(BLOCK_SIZE);
  let from = 0;
  let to = 0;

  const byte = (): number => {
    const value = source[from++];
    if (value === undefined) throw new Error('LZ4 block is cut short');
    return value;
  };
  // A length of 15 in the token goes on in the following bytes, until one is not 255.
  const length = (start: number): number => {
    let total = start;
    if (start !== 15) return total;
    for (;;) {
      const more = byte();
      total += more;
      if (more !== 255) return total;
    }
  };

  while (from < source.length) {
    const token = byte();
    const literals = length(token >> 4);
    if (from + literals > source.length || to + literals > BLOCK_SIZE) throw new Error('LZ4 block runs over its end');
    source.copy(target, to, from, from + literals);
    from += literals;
    to += literals;
    if (from === source.length) break; // the last sequence has no match

    const distance = byte() | (byte() << 8);
    const count = length(token & 15) + 4;
    if (distance === 0 || distance > to || to + count > BLOCK_SIZE) throw new Error('LZ4 block refers outside itself');
    // A match may overlap what it writes, so it is copied byte by byte then.
    if (distance >= count) target.copyWithin(to, to - distance, to - distance + count);
    else for (let index = 0; index < count; index++) target[to + index] = target[to + index - distance] ?? 0;
    to += count;
  }
  return target.subarray(0, to);
};
