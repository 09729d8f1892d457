import { parseDuration, parseTimeout } from './parse-duration.js';
import { parseCount, parseNumber } from './parse-number.js';
import { parseBytes, parseMib } from './parse-size.js';

const refuses = (parse: (text: string) => number, text: string): void => {
  expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'commander.invalidArgument' }) as Error);
};

describe('parseMib', () => {
  it.each([
    ['512', 512],
    ['512m', 512],
    ['512M', 512],
    ['512MiB', 512],
    ['512mb', 512],
    ['2g', 2048],
    ['1.5g', 1536],
    ['1048576k', 1024],
    ['1073741824b', 1024],
    ['1t', 1048576],
    ['0', 0],
  ])('reads %s as %d MiB', (text, mib) => {
    expect(parseMib(text)).toBe(mib);
  });

  it.each(['', '-1', '-512m', 'NaN', 'Infinity', '1e3', '512x', 'm', '0.5m', '100k', '0x10', '1 2'])('refuses %j', (text) => {
    refuses(parseMib, text);
  });
});

describe('parseBytes', () => {
  it.each([
    ['1', 1],
    ['500k', 512_000],
    ['10mb', 10_485_760],
    ['1.5GiB', 1_610_612_736],
  ])('reads %s as %d bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each(['', '-1', '0.3b', 'fast', '1 2'])('refuses %j', (text) => {
    refuses(parseBytes, text);
  });
});

describe('parseDuration', () => {
  it.each([
    ['30', 30_000],
    ['30s', 30_000],
    ['0', 0],
    ['500ms', 500],
    ['1.5s', 1_500],
    ['5m', 300_000],
    ['1h', 3_600_000],
  ])('reads %s as %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '-1', 'NaN', 's', '1d', '1e9', '99999h'])('refuses %j', (text) => {
    refuses(parseDuration, text);
  });
});

describe('numbers', () => {
  it('leaves it to core what number makes sense', () => {
    expect([parseNumber('2'), parseNumber('0'), parseNumber('-1'), parseNumber('1.5')]).toEqual([2, 0, -1, 1.5]);
  });

  it.each(['', ' ', 'NaN', 'two', 'Infinity'])('refuses %j', (text) => {
    refuses(parseNumber, text);
  });

  it.each(['-1', '1.5', '', 'x', '9999999999'])('refuses %j as a count', (text) => {
    refuses(parseCount, text);
  });
});

describe('parseTimeout', () => {
  it('reads a time above 0', () => {
    expect(parseTimeout('1ms')).toBe(1);
    for (const text of ['0', '0ms', '0.1ms', '-1']) refuses(parseTimeout, text);
  });
});
