import { decodeLz4Legacy, isLz4Legacy } from './lz4-legacy.js';

const frame = (...blocks: number[][]): Buffer => {
  const parts = blocks.map((block) => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(block.length);
    return Buffer.concat([size, Buffer.from(block)]);
  });
  return Buffer.concat([Buffer.from([0x02, 0x21, 0x4c, 0x18]), ...parts]);
};

const literals = (text: string): number[] => [text.length << 4, ...Buffer.from(text)];

describe('decodeLz4Legacy', () => {
  test('copies literals', () => {
    expect(decodeLz4Legacy(frame(literals('hello'))).toString()).toBe('hello');
  });

  test('joins blocks', () => {
    expect(decodeLz4Legacy(frame(literals('hello '), literals('world'))).toString()).toBe('hello world');
  });

  test('repeats what a match overlaps with itself', () => {
    // "ab", then a match of 6 bytes at distance 2, then one last literal.
    expect(decodeLz4Legacy(frame([0x22, 0x61, 0x62, 2, 0, 0x10, 0x21])).toString()).toBe('abababab!');
  });

  test('reads lengths of more than 15', () => {
    const text = 'x'.repeat(15 + 255 + 7);
    expect(decodeLz4Legacy(frame([0xf0, 255, 7, ...Buffer.from(text)])).toString()).toBe(text);
  });

  test('stops at the size that the kernel build appends', () => {
    const data = Buffer.concat([frame(literals('vmlinux')), Buffer.from([7, 0, 0, 0])]);
    expect(decodeLz4Legacy(data).toString()).toBe('vmlinux');
  });

  test.each([
    ['a match before the start', [0x12, 0x61, 2, 0, 0]],
    ['a distance of 0', [0x12, 0x61, 0, 0, 0]],
    ['literals beyond the end', [0x50, 0x61]],
    ['a length without an end', [0xf0, 255]],
  ])('refuses %s', (_, block) => {
    expect(() => decodeLz4Legacy(frame(block))).toThrow(/LZ4 block/);
  });

  test('knows its own frames', () => {
    expect(isLz4Legacy(frame([]))).toBe(true);
    expect(isLz4Legacy(Buffer.from('not a frame'))).toBe(false);
    expect(() => decodeLz4Legacy(Buffer.from('not a frame'))).toThrow('not an LZ4 legacy frame');
  });
});
