import { familiarImage, splitReference } from './familiar-image.js';
import { fields, table } from './table.js';
import { ago, seconds, size, span } from './units.js';

describe('table', () => {
  it('aligns columns and leaves no spaces at the ends of lines', () => {
    const text = table(
      [
        { title: 'NAME', value: ({ name }: { name: string; size: string }) => name },
        { title: 'SIZE', value: ({ size: each }) => each, align: 'right' },
        { title: 'NOTE', value: () => '' },
      ],
      [
        { name: 'a', size: '1kB' },
        { name: 'longer-name', size: '100MB' },
      ],
    );
    expect(text).toBe(['NAME           SIZE   NOTE', 'a               1kB', 'longer-name   100MB', ''].join('\n'));
  });

  it('keeps a cell on its line and control characters from the terminal', () => {
    expect(table([{ title: 'X', value: (each: string) => each }], ['a\nb\u001b[31m'])).toBe('X\na b?[31m\n');
  });

  it('aligns fields', () => {
    expect(
      fields([
        ['Home', '/x'],
        ['Version', '1'],
      ]),
    ).toBe('Home:    /x\nVersion: 1\n');
  });
});

describe('units', () => {
  it.each([
    [0, '0B'],
    [999, '999B'],
    [1_000, '1kB'],
    [999_499, '999kB'],
    [999_700, '1MB'],
    [13_400_000, '13.4MB'],
    [2 ** 30, '1.07GB'],
  ])('prints %d bytes as %s', (bytes, text) => {
    expect(size(bytes)).toBe(text);
  });

  it.each([
    [0, 'less than a second'],
    [1_000, '1 second'],
    [59_999, '59 seconds'],
    [60_000, '1 minute'],
    [47 * 3_600_000, '47 hours'],
    [48 * 3_600_000, '2 days'],
    [30 * 86_400_000, '4 weeks'],
    [800 * 86_400_000, '2 years'],
  ])('prints %d ms as %s', (ms, text) => {
    expect(span(ms)).toBe(text);
  });

  it('prints how long ago a time was', () => {
    const now = Date.parse('2026-01-01T00:05:00Z');
    expect(ago('2026-01-01T00:00:00Z', now)).toBe('5 minutes ago');
    expect(ago('2026-01-01T00:06:00Z', now)).toBe('less than a second ago');
    expect([ago(null, now), ago(undefined, now), ago('nonsense', now)]).toEqual(['-', '-', '-']);
  });

  it('prints seconds with two digits', () => {
    expect([seconds(417), seconds(3_140), seconds(75_000)]).toEqual(['0.42 s', '3.1 s', '75 s']);
  });
});

describe('references', () => {
  it.each([
    ['docker.io/library/debian:12', 'debian:12'],
    ['docker.io/library/debian:latest', 'debian'],
    ['docker.io/grafana/grafana:1', 'grafana/grafana:1'],
    ['localhost:5000/app:latest', 'localhost:5000/app'],
    ['/srv/layout', '/srv/layout'],
  ])('prints %s as %s', (reference, text) => {
    expect(familiarImage(reference)).toBe(text);
  });

  it('splits references with ports, tags and digests', () => {
    expect(splitReference('localhost:5000/app')).toEqual({ name: 'localhost:5000/app', tag: undefined, digest: undefined });
    expect(splitReference('localhost:5000/app:1@sha256:abc')).toEqual({ name: 'localhost:5000/app', tag: '1', digest: 'sha256:abc' });
  });
});
