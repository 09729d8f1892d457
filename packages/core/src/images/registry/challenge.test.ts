import fc from 'fast-check';
import { parseChallenges } from './challenge.js';

const plain = (header: string) => parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

describe('parseChallenges', () => {
  it.each<[string, unknown]>([
    ['', []],
    ['Basic', [['basic', {}]]],
    ['Basic realm="a b"', [['basic', { realm: 'a b' }]]],
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/x:pull,push"',
      [['bearer', { realm: 'https://auth.docker.io/token', service: 'registry.docker.io', scope: 'repository:library/x:pull,push' }]],
    ],
    ['bearer Realm = "x" , SERVICE=y', [['bearer', { realm: 'x', service: 'y' }]]],
    [
      'Basic realm="one", Bearer realm="two", scope="s"',
      [
        ['basic', { realm: 'one' }],
        ['bearer', { realm: 'two', scope: 's' }],
      ],
    ],
    [
      'Negotiate, Basic realm="x"',
      [
        ['negotiate', {}],
        ['basic', { realm: 'x' }],
      ],
    ],
    [
      'NTLM YWJj==, Basic realm="x"',
      [
        ['ntlm', {}],
        ['basic', { realm: 'x' }],
      ],
    ],
    ['Basic realm="quoted \\"name\\" \\\\"', [['basic', { realm: 'quoted "name" \\' }]]],
    ['Bearer realm=https://a/token', [['bearer', { realm: 'https://a/token' }]]],
    ['Bearer realm="first",realm="second"', [['bearer', { realm: 'first' }]]],
    ['Bearer realm="never closed', [['bearer', {}]]],
    [', ,Basic realm="x"', [['basic', { realm: 'x' }]]],
    ['"', []],
  ])('reads %j', (header, expected) => {
    expect(plain(header)).toEqual(expected);
  });

  it('ends on any input', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[ ,="\\a-z]{0,80}$/));
    fc.assert(
      fc.property(text, (header) => {
        expect(parseChallenges(header).length).toBeLessThanOrEqual(16);
      }),
      { numRuns: 2000 },
    );
  });

  it('reads back what a registry writes', () => {
    const value = fc.stringMatching(/^[ -~]{0,20}$/);
    fc.assert(
      fc.property(value, value, (realm, scope) => {
        const quote = (text: string) => `"${text.replace(/[\\"]/g, '\\$&')}"`;
        expect(plain(`Basic realm="z", Bearer realm=${quote(realm)},scope=${quote(scope)}`)).toEqual([
          ['basic', { realm: 'z' }],
          ['bearer', { realm, scope }],
        ]);
      }),
    );
  });
});
