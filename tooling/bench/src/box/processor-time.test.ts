import { processMs, schedstatMs, statMs, threadsMs, vmmThreadsMs } from './processor-time.js';

test('reads the time that a thread was on a processor', () => {
  expect(schedstatMs('123456789 4567 89\n')).toBeCloseTo(123.456789);
});

test('reads utime and stime whatever the process is called', () => {
  const numbers = Array.from({ length: 49 }, (_, index) => String(index + 4)).join(' ');
  expect(statMs(`12 (a b) c) S ${numbers}\n`)).toBe((14 + 15) * 10);
});

test('knows this process, by threads and as a whole, and takes it for no VMM', async () => {
  expect(await threadsMs(process.pid)).toBeGreaterThan(0);
  expect(await processMs(process.pid)).toBeGreaterThan(0);
  expect((await vmmThreadsMs()).has(process.pid)).toBe(false);
});
