import fc from 'fast-check';
import { BoxliteError } from '@boxlite/shared';
import { parseReference } from './parse-reference.js';
import { formatReference } from './reference.js';

const HEX = 'a'.repeat(64);

describe('parseReference', () => {
  it.each([
    ['debian', 'docker.io/library/debian:latest'],
    ['debian:12', 'docker.io/library/debian:12'],
    ['docker.io/debian:12', 'docker.io/library/debian:12'],
    ['index.docker.io/debian', 'docker.io/library/debian:latest'],
    ['grafana/grafana', 'docker.io/grafana/grafana:latest'],
    ['ghcr.io/a/b/c:v1.2_3-x', 'ghcr.io/a/b/c:v1.2_3-x'],
    ['localhost/app', 'localhost/app:latest'],
    ['localhost:5000/app', 'localhost:5000/app:latest'],
    [`localhost:5000/app@sha256:${HEX}`, `localhost:5000/app@sha256:${HEX}`],
    [`localhost:5000/app:1@sha256:${HEX}`, `localhost:5000/app:1@sha256:${HEX}`],
    ['[::1]:5000/app:2', '[::1]:5000/app:2'],
    ['127.0.0.1:80/a__b/c--d', '127.0.0.1:80/a__b/c--d:latest'],
    ['Registry/app', 'Registry/app:latest'],
    ['boxlite.local/busybox:latest', 'boxlite.local/busybox:latest'],
  ])('reads %s as %s', (text, canonical) => {
    expect(formatReference(parseReference(text))).toBe(canonical);
  });

  it.each([
    ['', 'empty'],
    [':12', 'lower-case letters'],
    ['Debian', 'lower-case'],
    ['debian:', 'tag'],
    ['debian:.x', 'tag'],
    [`debian:${'x'.repeat(129)}`, 'tag'],
    ['debian@', 'digest'],
    ['debian@sha256:abc', 'digest'],
    [`debian@sha256:${HEX.toUpperCase()}`, '64 lower-case'],
    [`debian@sha256:${HEX}@sha256:${HEX}`, 'digest'],
    ['a//b', 'lower-case letters'],
    ['/a', 'lower-case letters'],
    ['a/', 'lower-case letters'],
    ['a/../b', 'lower-case letters'],
    ['a/.b', 'lower-case letters'],
    ['a___b', 'lower-case letters'],
    ['host:99999/a', 'port'],
    ['host:0/a', 'port'],
    ['-host.io/a', 'registry'],
    ['user@host.io/a', 'digest'],
    ['https://host.io/a', 'registry'],
    ['a b', 'lower-case letters'],
    ['a\n', 'lower-case letters'],
    [HEX, 'identifier'],
    ['a/'.repeat(200) + 'a', 'longer than 255'],
    ['x'.repeat(2000), 'longer than 1024'],
  ])('refuses %j', (text, why) => {
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({ code: 'InvalidArgument', message: expect.stringContaining(why) as string }) as Error,
    );
  });

  it('refuses digests of other algorithms as unsupported', () => {
    expect(() => parseReference(`a@sha512:${'b'.repeat(128)}`)).toThrow(expect.objectContaining({ code: 'Unsupported' }) as Error);
  });

  it('is the inverse of formatReference, and its result is canonical', () => {
    const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
    const reference = fc.record(
      {
        registry: fc.constantFrom('docker.io', 'localhost', 'localhost:5000', 'a.example:443', '[2001:db8::1]:80'),
        repository: fc.array(word, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('/')),
        tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/),
        digest: fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}`),
      },
      { requiredKeys: ['registry', 'repository', 'tag'] },
    );
    fc.assert(
      fc.property(reference, (value) => {
        expect(parseReference(formatReference(value))).toEqual(value);
      }),
    );
  });

  it('either gives a reference that parses to itself, or a BoxliteError, for any text', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[a-zA-Z0-9.:/@_\-[\]]{0,60}$/));
    fc.assert(
      fc.property(text, (value) => {
        try {
          const parsed = parseReference(value);
          expect(parseReference(formatReference(parsed))).toEqual(parsed);
          expect(`${parsed.registry}/${parsed.repository}`).not.toMatch(/\.\.\/|\s/);
        } catch (error) {
          expect(error).toBeInstanceOf(BoxliteError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
