import { pauseAimMs } from './pause-aim.js';

test('grows by half a millisecond with each MiB', () => {
  expect(pauseAimMs(0)).toBe(10);
  expect(pauseAimMs(64 * 2 ** 20)).toBe(42);
});
