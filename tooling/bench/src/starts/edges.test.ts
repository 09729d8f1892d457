import { edges } from './edges.js';

test('takes as many from both ends', () => {
  expect(edges([1, 2, 3, 4, 5, 6, 7], 2)).toEqual({ first: [1, 2], last: [6, 7], count: 2 });
});

test('takes fewer of a short series', () => {
  expect(edges([1, 2, 3], 5)).toEqual({ first: [1], last: [3], count: 1 });
  expect(edges([1], 5)).toEqual({ first: [1], last: [1], count: 1 });
});
