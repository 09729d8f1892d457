import { summarizeRow } from './row.js';
import { format, table } from './table.js';

test('values are printed in units that fit', () => {
  expect(format(0.254, 'ms')).toBe('0.25 ms');
  expect(format(1834.2, 'ms')).toBe('1834 ms');
  expect(format(12_340, 'ms')).toBe('12.3 s');
  expect(format(210.4, 'MB/s')).toBe('210 MB/s');
  expect(format(1_290_000, 'bytes')).toBe('1.29 MB');
  expect(format(812, 'bytes')).toBe('0.81 kB');
});

test('the ratio is of the medians', () => {
  const row = summarizeRow({ what: 'a', unit: 'ms', samples: [2, 3, 40], counterpart: { what: 'b', samples: [1, 2, 2] } });
  expect(row.ratio).toBe(1.5);
  expect(row.counterpart?.n).toBe(3);
});

test('a table lines up names and numbers, and says what was not measured', () => {
  const text = table('exec', {
    warm: 'all of it',
    rows: [
      { what: 'true', unit: 'ms', samples: [5, 5], counterpart: { what: 'bare', samples: [4, 4] } },
      { what: 'a longer name', unit: 'ms', samples: [112] },
    ],
    skipped: ['Debian: no image'],
  });
  expect(text.split('\n')).toEqual([
    'exec',
    '  warm: all of it',
    '                 N      p50      p95  beside it  N      p50      p95   ratio',
    '  true           2  5.00 ms  5.00 ms  bare       2  4.00 ms  4.00 ms  × 1.25',
    '  a longer name  1   112 ms   112 ms',
    '  not measured: Debian: no image',
  ]);
});
