import { type Aim, type Series, summarizeRow } from './row.js';
import { format, table } from './table.js';

test('values are printed in units that fit', () => {
  expect(format(0.254, 'ms')).toBe('0.25 ms');
  expect(format(1834.2, 'ms')).toBe('1834 ms');
  expect(format(12_340, 'ms')).toBe('12.3 s');
  expect(format(210.4, 'MB/s')).toBe('210 MB/s');
  expect(format(1_290_000, 'bytes')).toBe('1.29 MB');
  expect(format(812, 'bytes')).toBe('0.81 kB');
  expect(format(0.12, '%')).toBe('0.12 %');
});

test('the ratio is of the medians', () => {
  const row = summarizeRow({ what: 'a', unit: 'ms', samples: [2, 3, 40], counterpart: { what: 'b', samples: [1, 2, 2] } });
  expect(row.ratio).toBe(1.5);
  expect(row.counterpart?.n).toBe(3);
});

test('an aim is for the median, or for the ratio', () => {
  const reached = (aim: Aim, counterpart?: Series) =>
    summarizeRow({ what: 'a', unit: 'ms', samples: [1, 2, 90], counterpart, aim }).reached;
  expect(reached({ p50: 2 })).toBe(true);
  expect(reached({ p50: 1.9 })).toBe(false);
  expect(reached({ ratio: 1 }, { what: 'b', samples: [2] })).toBe(true);
  expect(reached({ ratio: 0.9 }, { what: 'b', samples: [2] })).toBe(false);
  expect(reached({ ratio: 0.9 })).toBe(false);
  expect(summarizeRow({ what: 'a', unit: 'ms', samples: [1] }).reached).toBeUndefined();
});

test('a table lines up names and numbers, and says what was not measured', () => {
  const text = table('exec', {
    warm: 'all of it',
    rows: [
      { what: 'true', unit: 'ms', samples: [5, 5], counterpart: { what: 'bare', samples: [4, 4] }, aim: { ratio: 1.2 } },
      { what: 'a longer name', unit: 'ms', samples: [112], aim: { p50: 150 } },
    ],
    skipped: ['Debian: no image'],
  });
  expect(text.split('\n')).toEqual([
    'exec',
    '  warm: all of it',
    '                 N      p50      p95    worst  beside it  N      p50      p95    worst   ratio  aim',
    '  true           2  5.00 ms  5.00 ms  5.00 ms  bare       2  4.00 ms  4.00 ms  4.00 ms  × 1.25  ≤ × 1.20: MISSED',
    '  a longer name  1   112 ms   112 ms   112 ms                                                   ≤ 150 ms: reached',
    '  not measured: Debian: no image',
  ]);
});
