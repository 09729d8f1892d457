import { ownerInBox } from './copy-options.js';
import { hostPathBytes } from './copy-tree.js';

describe('a path on the host', () => {
  const absolute = (path: string | Buffer) => hostPathBytes(path).toString('latin1');

  it('is made absolute, and keeps what its end says', () => {
    const here = process.cwd();
    expect(absolute('a')).toBe(`${here}/a`);
    expect(absolute('a/')).toBe(`${here}/a/`);
    expect(absolute('a/.')).toBe(`${here}/a/.`);
    expect(absolute('.')).toBe(`${here}/.`);
    expect(absolute('./')).toBe(`${here}/`);
    expect(absolute('/')).toBe('/');
    expect(absolute('/.')).toBe('/.');
    expect(absolute('/a/../b')).toBe('/b');
    expect(absolute(Buffer.from([0x2f, 0xff, 0x2f]))).toBe('/\xff/');
    expect(absolute('/ü')).toBe(Buffer.from('/ü').toString('latin1'));
  });

  it('is neither empty nor longer than Linux takes', () => {
    expect(() => hostPathBytes('')).toThrow('empty');
    expect(() => hostPathBytes('a\0')).toThrow('NUL');
    expect(() => hostPathBytes('/'.padEnd(5000, 'x'))).toThrow('5000 bytes');
  });
});

describe('the owner of files in the Box', () => {
  it('is root, the one that is named, or that of the source', () => {
    expect(ownerInBox({})).toEqual({ uid: 0, gid: 0 });
    expect(ownerInBox({ archive: true })).toBeUndefined();
    expect(ownerInBox({ owner: { uid: 5, gid: 6 } })).toEqual({ uid: 5, gid: 6 });
    expect(() => ownerInBox({ owner: { uid: -1, gid: 0 } })).toThrow('uid');
    expect(() => ownerInBox({ owner: { uid: 1, gid: 2 ** 32 - 1 } })).toThrow('gid');
    expect(() => ownerInBox({ archive: true, owner: { uid: 1, gid: 1 } })).toThrow('archive');
  });
});
