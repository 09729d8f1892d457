import { translationCacheMib } from './translation-cache.js';

it.each([
  [128, 64],
  [512, 64],
  [1000, 125],
  [1024, 128],
  [2048, 256],
  [65_536, 256],
])('for a guest of %i MiB it is %i MiB', (memoryMib, expected) => {
  expect(translationCacheMib(memoryMib)).toBe(expected);
});
