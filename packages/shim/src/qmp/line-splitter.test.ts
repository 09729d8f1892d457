import { LineSplitter } from './line-splitter.js';

const split = (splitter: LineSplitter, text: string): string[] => [...splitter.push(Buffer.from(text))];

describe('LineSplitter', () => {
  it('joins and cuts whatever the chunks are', () => {
    const splitter = new LineSplitter(16);
    expect(split(splitter, 'a')).toEqual([]);
    expect(split(splitter, 'b\ncd\n\ne')).toEqual(['ab', 'cd', '']);
    expect(split(splitter, '\n')).toEqual(['e']);
  });

  it('takes a line of the limit, and none that is longer', () => {
    expect(split(new LineSplitter(4), '1234\n')).toEqual(['1234']);
    expect(() => split(new LineSplitter(4), '12345\n')).toThrow(RangeError);
    const splitter = new LineSplitter(4);
    split(splitter, '123');
    expect(() => split(splitter, '45')).toThrow(RangeError);
  });

  it('takes a long line byte by byte in time that grows with its length', () => {
    const splitter = new LineSplitter(1 << 20);
    const byte = Buffer.from('x');
    for (let count = 0; count < 1 << 18; count++) for (const line of splitter.push(byte)) throw new Error(line);
    expect([...splitter.push(Buffer.from('\n'))].map((line) => line.length)).toEqual([1 << 18]);
  });
});
