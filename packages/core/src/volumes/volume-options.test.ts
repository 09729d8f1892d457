import { resolve } from 'node:path';
import { checkVolumes } from './volume-options.js';

describe('checkVolumes', () => {
  it('fills in defaults, and puts what lies in another volume after it', () => {
    expect(
      checkVolumes([
        { name: 'data', boxPath: '/a/b/c' },
        { hostPath: 'here', boxPath: '/a//./b/', readOnly: true },
        { hostPath: '/there', boxPath: '/z' },
      ]),
    ).toEqual([
      { hostPath: '/there', boxPath: '/z', readOnly: false },
      { hostPath: resolve('here'), boxPath: '/a/b', readOnly: true },
      { name: 'data', boxPath: '/a/b/c', readOnly: false },
    ]);
    expect(checkVolumes(undefined)).toEqual([]);
  });

  it.each([
    ['no list', {}, /must be a list/],
    ['no volume', ['/a:/b'], /volumes\[0\] is "\/a:\/b"/],
    ['a strange option', [{ hostPath: '/a', boxPath: '/b', mode: 'z' }], /no option 'mode' in volumes\[0\]/],
    ['neither path nor name', [{ boxPath: '/b' }], /either a hostPath or a name/],
    ['both', [{ hostPath: '/a', name: 'a', boxPath: '/b' }], /either a hostPath or a name/],
    ['a name that leaves its directory', [{ name: '../a', boxPath: '/b' }], /volumes\[0\]\.name/],
    ['a hidden name', [{ name: '.a', boxPath: '/b' }], /starts with a letter or digit/],
    ['a NUL in a path', [{ hostPath: '/a\0', boxPath: '/b' }], /must be a path/],
    ['a relative place', [{ name: 'a', boxPath: 'b' }], /absolute path in the Box/],
    ['the root', [{ name: 'a', boxPath: '/b/..' }], /root of a Box/],
    ['a place of the kernel', [{ name: 'a', boxPath: '/x/../proc/sys' }], /\/proc is the Box's own/],
    [
      'a place that is taken',
      [
        { name: 'a', boxPath: '/b' },
        { hostPath: '/c', boxPath: '/b/' },
      ],
      /two volumes have the boxPath '\/b'/,
    ],
    [
      'a volume at two places',
      [
        { name: 'a', boxPath: '/b' },
        { name: 'a', boxPath: '/c' },
      ],
      /'a' is named twice/,
    ],
    ['a wrong readOnly', [{ name: 'a', boxPath: '/b', readOnly: 'yes' }], /must be true or false/],
    ['too many names', Array.from({ length: 17 }, (_, n) => ({ name: `v${String(n)}`, boxPath: `/${String(n)}` })), /at most 16/],
    ['too many paths', Array.from({ length: 201 }, (_, n) => ({ hostPath: '/a', boxPath: `/${String(n)}` })), /at most 200/],
  ])('refuses %s', (_, volumes, message) => {
    expect(() => checkVolumes(volumes)).toThrow(
      expect.objectContaining({ code: 'InvalidArgument', message: expect.stringMatching(message) as string }),
    );
  });
});
