import fc from 'fast-check';
import { readImageHealthCheck } from './image-health-check.js';

describe("an image's health check", () => {
  it('is read as Docker writes it', () => {
    const given = { Test: ['CMD-SHELL', 'curl -f localhost'], Interval: 5e9, Timeout: 3e9, Retries: 2, StartPeriod: 0 };
    expect(readImageHealthCheck(given, 'it')).toEqual({
      argv: ['/bin/sh', '-c', 'curl -f localhost'],
      intervalMs: 5_000,
      timeoutMs: 3_000,
      startPeriodMs: null,
      startIntervalMs: null,
      retries: 2,
    });
    expect(readImageHealthCheck({ Test: ['NONE'] }, 'it')).toMatchObject({ argv: null });
    expect(readImageHealthCheck({ Test: ['CMD', 'a', 'b'], Interval: 1e30 }, 'it')).toMatchObject({
      argv: ['a', 'b'],
      intervalMs: 2 ** 31 - 1,
    });
    expect(readImageHealthCheck({ Interval: 5 }, 'it')).toBeNull();
  });

  it('is a command and bounded numbers, or refused, whatever is there', () => {
    const anything = fc.record(
      {
        Test: fc.oneof(fc.array(fc.constantFrom('CMD', 'CMD-SHELL', 'NONE', '', 'x')), fc.jsonValue()),
        Interval: fc.jsonValue(),
        Retries: fc.double(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(anything, (value) => {
        try {
          const check = readImageHealthCheck(value, 'it');
          if (check === null) return;
          expect(check.argv === null || (check.argv.length > 0 && check.argv[0] !== '')).toBe(true);
          for (const number of [check.intervalMs, check.retries]) expect(number === null || (number >= 1 && number < 2 ** 31)).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: 'Image' });
        }
      }),
    );
  });
});
