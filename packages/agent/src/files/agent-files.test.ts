import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

import { type FileInfo, FileType } from '@boxlite/shared/protocol';

import { type FakeAgent, startFakeAgent } from '../testing/fake-agent.js';
import { readFileStat } from './file-stat.js';

let agent: FakeAgent;
beforeAll(async () => {
  agent = await startFakeAgent();
});
afterAll(async () => {
  await agent[Symbol.asyncDispose]();
});

const big = Buffer.alloc(1_000_000, 'file ');

test.each<[string, Buffer | string | Readable, Buffer]>([
  ['a Buffer', big, big],
  ['a string', 'grüße', Buffer.from('grüße')],
  ['nothing', '', Buffer.alloc(0)],
  ['a Readable', Readable.from([big, big]), Buffer.concat([big, big])],
])('writes and reads %s', async (name, data, expected) => {
  const path = `/data/${name}`;
  await agent.session.files.write(path, data, { mode: 0o600 });
  expect(agent.contents.get(path)?.equals(expected)).toBe(true);
  expect((await agent.session.files.read(path)).equals(expected)).toBe(true);
  expect((await buffer(await agent.session.files.readStream(path))).equals(expected)).toBe(true);
});

test('stat, list, rename, remove', async () => {
  const { files } = agent.session;
  await files.write('/dir/a', 'x');
  await files.write('/dir/b', 'yy');
  expect(await files.stat('/dir/b')).toEqual({
    name: 'b',
    nameBytes: Buffer.from('b'),
    type: 'file',
    mode: 0o644,
    size: 2,
    uid: 1,
    gid: 2,
    modified: new Date(1_700_000_000_000),
    linkTarget: undefined,
  });
  expect((await files.list('/dir')).map(({ name }) => name)).toEqual(['a', 'b']);
  await files.rename('/dir/a', '/dir/c');
  await files.remove('/dir/b');
  expect((await files.list('/dir')).map(({ name }) => name)).toEqual(['c']);
  await files.mkdir('/dir/d/e', { parents: true, mode: 0o700 });
});

test('what is missing is NotFound with the errno, however it is asked for', async () => {
  const { files } = agent.session;
  const missing = { code: 'NotFound', reason: 'ENOENT' };
  await expect(files.read('/no')).rejects.toMatchObject({
    ...missing,
    message: "Could not read '/no' in the Box: /no: no such file or directory",
  });
  await expect(files.readStream('/no')).rejects.toMatchObject(missing);
  await expect(files.stat('/no')).rejects.toMatchObject(missing);
});

test('what is no absolute path is refused', async () => {
  for (const path of ['', 'relative', '/a\0b', `/${'x'.repeat(4096)}`, 5 as unknown as string]) {
    await expect(agent.session.files.stat(path)).rejects.toMatchObject({ code: 'InvalidArgument' });
  }
});

test('a file longer than asked for is refused, and the guest told', async () => {
  agent.contents.set('/long', big);
  await expect(agent.session.files.read('/long', { maxBytes: 100_000 })).rejects.toMatchObject({
    code: 'ResourceExhausted',
    reason: 'EFBIG',
  });
  expect(await agent.session.files.read('/long', { maxBytes: big.length })).toHaveLength(big.length);
  await expect(agent.session.files.write('/long', '', { mode: 0o10000 })).rejects.toMatchObject({ code: 'InvalidArgument' });
});

test('a guest that cannot write answers before the end, and the source is let go', async () => {
  const source = new PassThrough();
  source.write('some');
  await expect(agent.session.files.write('/full', source)).rejects.toMatchObject({ code: 'Storage', reason: 'ENOSPC' });
  expect(source.destroyed).toBe(true);
});

test('data that breaks off leaves no file', async () => {
  const source = new PassThrough();
  const writing = agent.session.files.write('/half', source);
  source.write('half');
  setImmediate(() => source.destroy(new Error('disk on fire')));
  await expect(writing).rejects.toMatchObject({
    code: 'InvalidArgument',
    reason: 'data-failed',
    message: expect.stringContaining('disk on fire'),
  });
  await expect(agent.session.files.write('/half', Readable.from([{}]))).rejects.toMatchObject({ reason: 'data-failed' });
  await agent.session.ping();
  expect(agent.contents.has('/half')).toBe(false);
});

test('reading is aborted by a signal, or by destroying the stream', async () => {
  agent.contents.set('/endless', Buffer.alloc(32 << 20));
  await expect(agent.session.files.read('/endless', { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  const abort = new AbortController();
  const aborted = await agent.session.files.readStream('/endless', { signal: abort.signal });
  abort.abort();
  expect((await once(aborted, 'error'))[0]).toMatchObject({ name: 'AbortError' });
  const destroyed = await agent.session.files.readStream('/endless');
  destroyed.destroy();
  await once(destroyed, 'close');
  expect(await agent.session.ping()).toHaveLength(0);
});

test('a slow reader holds back the guest, not memory', async () => {
  let sent = 0;
  await using endless = await startFakeAgent({
    files: {
      read: (call) => {
        const send = (): void => {
          while (!call.cancelled && call.write({ data: Buffer.alloc(65536) })) sent += 65536;
          call.once('drain', send);
        };
        send();
      },
    },
  });
  const stream = await endless.session.files.readStream('/dev/zero');
  for (let round = 0; round < 20; round++) await endless.session.ping();
  expect(sent).toBeLessThan(8 << 20);
  stream.destroy();
});

const honest: FileInfo = {
  name: Buffer.from('a'),
  type: FileType.FILE_TYPE_SYMLINK,
  mode: 0o777,
  size: 1n,
  uid: 0,
  gid: 0,
  mtimeUnixNanos: 0n,
  linkTarget: Buffer.from('/etc'),
};

test.each<[string, Partial<FileInfo>]>([
  ['a path as name', { name: Buffer.from('../a') }],
  ['a dot', { name: Buffer.from('.') }],
  ['two dots', { name: Buffer.from('..') }],
  ['a NUL', { name: Buffer.from('a\0') }],
  ['no name', { name: Buffer.alloc(0) }],
  ['a long name', { name: Buffer.alloc(256, 'a') }],
  ['no type', { type: FileType.FILE_TYPE_UNSPECIFIED }],
  ['an unknown type', { type: 99 as FileType }],
  ['mode bits that there are not', { mode: 0o10000 }],
  ['a long link', { linkTarget: Buffer.alloc(5000) }],
])('%s is no file', async (_name, lie) => {
  expect(readFileStat(honest)).toMatchObject({ name: 'a', type: 'symlink', linkTarget: '/etc' });
  expect(readFileStat({ ...honest, ...lie })).toBeUndefined();
  await using hostile = await startFakeAgent({
    files: {
      list: (call) => {
        call.write({ entries: [honest, { ...honest, ...lie }] });
        call.end();
      },
      stat: (_call, callback) => {
        callback(null, { ...honest, ...lie });
      },
    },
  });
  await expect(hostile.session.files.list('/')).rejects.toMatchObject({ code: 'Portal', reason: 'protocol-violation' });
  await expect(hostile.session.files.stat('/a')).rejects.toMatchObject({ code: 'Portal', reason: 'protocol-violation' });
});

test('numbers beyond all measure become the largest that there are', () => {
  expect(readFileStat({ ...honest, size: 2n ** 64n - 1n, mtimeUnixNanos: 2n ** 63n - 1n })).toMatchObject({
    size: Number.MAX_SAFE_INTEGER,
  });
});
