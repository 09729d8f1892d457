import { halves, p99OfParts } from './windows.js';

describe('what changes while a measure runs', () => {
  it('is seen in the halves of its samples', () => {
    expect(halves([1, 2, 3, 4, 5])).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
  });

  it('is seen in the p99 of its parts, however few samples there are', () => {
    expect(p99OfParts([1, 1, 9, 9], 2)).toEqual([1, 9]);
    expect(p99OfParts([1, 2, 3], 10)).toEqual([1, 2, 3]);
    expect(p99OfParts([], 10)).toEqual([]);
  });
});
