import { Readable } from 'node:stream';
import { api } from '../generated/api.js';
import type { Type } from '../types.js';
import { decode, decodeArguments, type DecodeContext } from './decode.js';
import { encode, type EncodeContext } from './encode.js';

const signal = new AbortController().signal;
const context: DecodeContext = {
  api,
  body: Buffer.from('0123456789'),
  signal,
  readable: () => new Readable(),
  callback: () => () => undefined,
};
const ref = (name: string): Type => ({ kind: 'ref', name });
const options = (value: unknown): unknown => decode(ref('BoxOptions'), value, 'options', context);

describe('arguments of a call', () => {
  it('are what core takes', () => {
    const given = {
      name: 'x',
      env: { A: 'b', $bytes: 'a name like any other' },
      rootfs: { archive: '/a.tar' },
      volumes: [{ name: 'data', boxPath: '/data' }],
      network: { mode: 'allowlist', allow: ['example.org'] },
      healthCheck: 'none',
      ulimits: { nofile: 3, nproc: { soft: 1, hard: 2 } },
    };
    expect(options({ ...given, env: { A: 'b' } })).toEqual({ ...given, env: { A: 'b' } });
    expect(decode(ref('BoxPath'), { $bytes: [2, 3] }, 'path', context)).toEqual(Buffer.from('234'));
    expect(decode(ref('ReadEventsOptions'), { since: { $date: 1000 } }, 'options', context)).toEqual({ since: new Date(1000), signal });
  });

  it.each([
    [{ cpus: '2' }, 'options.cpus is "2"; it must be number'],
    [{ labels: [] }, 'options.labels is []; it must be a map'],
    [{ labels: { a: 1 } }, 'options.labels.a is 1; it must be string'],
    [{ cmd: 'sh' }, 'options.cmd is "sh"; it must be a list'],
    [{ cmd: ['sh', null] }, 'options.cmd[1] is null; it must be string'],
    [
      { network: { mode: 'some' } },
      'options.network is {"mode":"some"}; it must be BoxNetworkNone or BoxNetworkFull or BoxNetworkAllowlist',
    ],
    [{ colour: 'red' }, "options has no 'colour'; this bridge may be older than its client"],
    [{ ['__proto__x']: 1 }, "options has no '__proto__x'"],
    [{ volumes: [{ name: 'data' }] }, 'options.volumes[0] is {"name":"data"}'],
    [7, 'options is 7; it must be an object'],
  ])('%j is refused', (value, message) => {
    expect(() => options(value)).toThrow(
      expect.objectContaining({ code: 'InvalidArgument', message: expect.stringContaining(message) as string }),
    );
  });

  it.each([
    [[0, 11], 'outside'],
    [[-1, 2], 'before'],
    [[0], 'without a length'],
    [[0, 1, 2], 'with something more'],
  ])('bytes at %j, %s, are refused', (at) => {
    expect(() => decode({ kind: 'bytes' }, { $bytes: at }, 'data', context)).toThrow(/bytes that the frame does not have/);
  });

  it('carry the signal of the call, also where a client gives no options', () => {
    const parameters = [
      { name: 'path', type: ref('BoxPath'), optional: false },
      { name: 'options', type: ref('FileCallOptions'), optional: true },
    ];
    expect(decodeArguments(parameters, ['/x'], context)).toEqual(['/x', { signal }]);
    expect(decodeArguments(parameters, ['/x', {}], context)).toEqual(['/x', { signal }]);
    expect(() => decodeArguments(parameters, [], context)).toThrow('path is missing');
    expect(() => decodeArguments(parameters, ['/x', {}, 1], context)).toThrow('there are 3 arguments; there may be 2');
  });
});

describe('results', () => {
  const body: Uint8Array[] = [];
  const into = { api, body } as unknown as EncodeContext;

  it('hold what their type says and nothing else', () => {
    const stat = {
      name: 'a',
      nameBytes: Buffer.from('a'),
      type: 'file',
      mode: 1,
      size: 2,
      uid: 0,
      gid: 0,
      modified: new Date(5),
      linkTarget: undefined,
      secret: 1,
    };
    expect(encode({ kind: 'array', item: ref('FileStat') }, [stat, { ...stat, nameBytes: Buffer.from('bc') }], into)).toEqual([
      { name: 'a', nameBytes: { $bytes: [0, 1] }, type: 'file', mode: 1, size: 2, uid: 0, gid: 0, modified: { $date: 5 } },
      { name: 'a', nameBytes: { $bytes: [1, 2] }, type: 'file', mode: 1, size: 2, uid: 0, gid: 0, modified: { $date: 5 } },
    ]);
    expect(Buffer.concat(body).toString()).toBe('abc');
  });

  it('are of that type of a union which they fit', () => {
    const event = { time: 't', attributes: { exitCode: 0 }, type: 'image', action: 'pulled', id: 'i', name: null };
    expect(encode(ref('RuntimeEvent'), event, into)).toEqual(event);
    expect(encode(ref('OciRlimit'), { type: 'x', soft: 2n ** 64n - 1n, hard: 1n }, into)).toEqual({
      type: 'x',
      soft: { $bigint: '18446744073709551615' },
      hard: { $bigint: '1' },
    });
  });
});
