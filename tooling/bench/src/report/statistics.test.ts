import { percentile, summarize } from './statistics.js';

describe('percentile', () => {
  test('takes the sample in the middle, or between two', () => {
    expect(percentile([3, 1, 2], 0.5)).toBe(2);
    expect(percentile([4, 1, 2, 3], 0.5)).toBe(2.5);
  });

  test('reaches from the least to the greatest', () => {
    expect(percentile([5, 9, 7], 0)).toBe(5);
    expect(percentile([5, 9, 7], 1)).toBe(9);
    expect(percentile([5], 0.95)).toBe(5);
  });

  test('sorts by value and leaves the samples as they are', () => {
    const samples = [10, 9, 100];
    expect(percentile(samples, 0.5)).toBe(10);
    expect(samples).toEqual([10, 9, 100]);
  });

  test('refuses to make a number of nothing', () => {
    expect(() => percentile([], 0.5)).toThrow(RangeError);
  });
});

test('the bad tail is above for times and below for rates', () => {
  const samples = Array.from({ length: 101 }, (_, index) => index);
  expect(summarize(samples, 'lower')).toEqual({ n: 101, p50: 50, p95: 95, worst: 100 });
  expect(summarize(samples, 'higher')).toEqual({ n: 101, p50: 50, p95: 5, worst: 0 });
});
