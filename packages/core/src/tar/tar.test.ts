import { execFileSync } from 'node:child_process';
import { link, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { AgentSession } from '@boxlite/agent';
import { BoxliteError } from '@boxlite/shared';
import { TreeSink, TreeSource } from '@boxlite/vmm';
import { pack } from 'tar-stream';
import { copyTarIn, copyTarOut } from './copy-tar.js';

type Header = Parameters<ReturnType<typeof pack>['entry']>[0];

/** An archive with these entries, each with its content. */
const archiveOf = (...entries: (Header | [Header, string])[]): Readable => {
  const archive = pack();
  for (const entry of entries) {
    if (Array.isArray(entry)) archive.entry(entry[0], entry[1]);
    else archive.entry(entry);
  }
  archive.finalize();
  return Readable.from(archive as AsyncIterable<Buffer>);
};

const violation = (what: string): Error => new BoxliteError('Portal', what, { reason: 'protocol-violation' });

/** A Box whose files are a directory of this machine: the code that the guest's agent has writes and reads them here. */
const boxIn = (directory: string) => {
  const agent = {
    files: { stat: () => Promise.resolve({ type: 'directory' }) },
    copyIn: async (path: string, { messages }: { messages: AsyncIterable<Buffer[]> }) => {
      await using sink = new TreeSink(Buffer.from(directory + path));
      for await (const batch of messages) await sink.write(batch);
      expect(sink.ended).toBe(true);
      return sink.copied;
    },
    copyOut: (path: string) => ({
      async *[Symbol.asyncIterator]() {
        await using source = await TreeSource.open(Buffer.from(directory + path));
        for await (const batch of source) yield batch;
      },
      violation,
    }),
  };
  return () => Promise.resolve(agent as unknown as AgentSession);
};

describe('tar archives', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'boxlite-tar-'));
    await mkdir(join(directory, 'box/srv'), { recursive: true });
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  const box = (path = '') => join(directory, 'box/srv', path);
  const unpack = (archive: Readable) => copyTarIn(boxIn(join(directory, 'box')), archive, '/srv', {});
  const untouched = async () => {
    expect((await readdir(directory)).sort()).toEqual(['box']);
    expect(await readdir(join(directory, 'box'))).toEqual(['srv']);
  };

  it('are unpacked, whatever the order of their entries', async () => {
    const copied = await unpack(
      archiveOf(
        { name: './', type: 'directory' },
        { name: 'a/', type: 'directory', mode: 0o750 },
        { name: 'a/b/', type: 'directory' },
        { name: 'a/c/', type: 'directory' },
        [{ name: 'a/b/one', mode: 0o600, mtime: new Date(1_000_000) }, 'first'],
        [{ name: 'a/c/two' }, ''],
        [{ name: `a/b/${'n'.repeat(200)}` }, 'long'],
        [{ name: '/x/y/absolute' }, 'z'.repeat(300_000)],
        { name: 'a/again', type: 'link', linkname: 'a/b/one' },
        { name: 'a/to', type: 'symlink', linkname: '/etc/passwd' },
        { name: 'a/pipe', type: 'fifo' },
      ),
    );
    expect(copied).toMatchObject({ entries: 10, bytes: 300_009, skipped: 0 });
    expect(await readFile(box('a/b/one'), 'utf8')).toBe('first');
    expect(await lstat(box('a/b/one'))).toMatchObject({ nlink: 2, mode: 0o100600, mtimeMs: 1_000_000 });
    expect((await lstat(box('a'))).mode & 0o777).toBe(0o750);
    expect((await readdir(box('a'))).sort()).toEqual(['again', 'b', 'c', 'pipe', 'to']);
    expect(await readlink(box('a/to'))).toBe('/etc/passwd');
    expect((await lstat(box('x/y/absolute'))).size).toBe(300_000);
    expect((await lstat(box('a/pipe'))).isFIFO()).toBe(true);
  });

  it('fill what is there, and replace files in it', async () => {
    await mkdir(box('a'));
    await writeFile(box('a/old'), 'old');
    await writeFile(box('a/kept'), 'kept');
    await unpack(archiveOf([{ name: 'a/old' }, 'new']));
    expect(await readFile(box('a/old'), 'utf8')).toBe('new');
    expect(await readFile(box('a/kept'), 'utf8')).toBe('kept');
  });

  it.each<[string, (Header | [Header, string])[], string]>([
    ['a way out', [[{ name: 'a/../../../out' }, 'x']], 'malformed-archive'],
    ['only a way out', [{ name: '..', type: 'directory' }], 'malformed-archive'],
    ['a device', [{ name: 'null', type: 'character-device', devmajor: 1, devminor: 3 }], 'device'],
    ['another name of nothing', [{ name: 'a', type: 'link', linkname: 'b' }], 'malformed-archive'],
    ['another name of a file outside', [{ name: 'a', type: 'link', linkname: '../../out' }], 'malformed-archive'],
    ['a link to nowhere', [{ name: 'a', type: 'symlink', linkname: '' }], 'malformed-archive'],
    ['a name that is too long', [[{ name: 'n'.repeat(256) }, 'x']], 'malformed-archive'],
    ['a NUL in a name', [[{ name: 'ab', pax: { path: 'a\0b' } }, 'x']], 'malformed-archive'],
    ['a sparse file', [[{ name: 'a', pax: { 'GNU.sparse.major': '1' } }, 'x']], 'malformed-archive'],
  ])('are refused with %s', async (_, entries, reason) => {
    await expect(unpack(archiveOf(...entries))).rejects.toMatchObject({ code: 'InvalidArgument', reason });
    await untouched();
    expect(await readdir(box())).toEqual([]);
  });

  it('write through no link that they bring', async () => {
    await expect(unpack(archiveOf({ name: 'a', type: 'symlink', linkname: directory }, [{ name: 'a/out' }, 'x']))).rejects.toBeInstanceOf(
      BoxliteError,
    );
    await untouched();
  });

  it('leave no half file behind when they break off', async () => {
    const whole = await buffer(archiveOf([{ name: 'whole' }, 'x'], [{ name: 'half' }, 'y'.repeat(100_000)]));
    await expect(unpack(Readable.from([whole.subarray(0, 50_000)]))).rejects.toMatchObject({ reason: 'malformed-archive' });
    expect((await readdir(box())).filter((name) => name !== 'whole')).toEqual([]);
    await expect(unpack(Readable.from([Buffer.alloc(2048, 'no archive')]))).rejects.toMatchObject({ reason: 'malformed-archive' });
    const broken = new Readable({
      read() {
        this.destroy(new Error('the pipe broke'));
      },
    });
    await expect(unpack(broken)).rejects.toThrow('the pipe broke');
    await expect(
      copyTarIn(boxIn(join(directory, 'box')), new Readable({ read: () => undefined }), '/srv', { signal: AbortSignal.timeout(50) }),
    ).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('are given up when the Box is gone, though they have nothing more to give at the moment', async () => {
    const died = new BoxliteError('Engine', 'the VM has died', { reason: 'vm-died' });
    const copyIn = async (_path: string, { messages, onOver }: { messages: AsyncIterable<Buffer[]>; onOver: () => void }) => {
      setImmediate(onOver);
      const taking = async (): Promise<void> => {
        for await (const _ of messages);
      };
      await expect(taking()).rejects.toMatchObject({ name: 'AbortError' });
      throw died;
    };
    const agent = { files: { stat: () => Promise.resolve({ type: 'directory' }) }, copyIn } as unknown as AgentSession;
    const archive = new Readable({ read: () => undefined });
    await expect(copyTarIn(() => Promise.resolve(agent), archive, '/srv', {})).rejects.toBe(died);
    expect(archive.destroyed).toBe(true);
  });

  it('have all that a tree has, as tar(1) reads it', async () => {
    await mkdir(box('t/empty'), { recursive: true });
    await writeFile(box('t/file'), 'content', { mode: 0o640 });
    await writeFile(box(`t/${'ü'.repeat(100)}`), Buffer.alloc(200_000, 'x'));
    await writeFile(box('t/nothing'), '', { mode: 0o200 });
    await link(box('t/file'), box('t/second'));
    await symlink('../nowhere', box('t/link'));
    execFileSync('truncate', ['-s', '3M', box('t/hole')]);
    await utimes(box('t/file'), 1_000, 1_000);
    const archive = await buffer(copyTarOut(boxIn(join(directory, 'box')), '/srv/t', {}));
    await mkdir(join(directory, 'out'));
    execFileSync('tar', ['-x', '-p', '-C', join(directory, 'out')], { input: archive });
    expect(execFileSync('diff', ['-r', '--no-dereference', box('t'), join(directory, 'out/t')], { encoding: 'utf8' })).toBe('');
    const stat = await lstat(join(directory, 'out/t/second'));
    expect(stat).toMatchObject({ nlink: 2, mode: 0o100640, mtimeMs: 1_000_000 });
    expect((await lstat(join(directory, 'out/t/nothing'))).mode & 0o777).toBe(0o200);
    const content = await buffer(copyTarOut(boxIn(join(directory, 'box')), '/srv/t/.', {}));
    expect(execFileSync('tar', ['-t'], { input: content, encoding: 'utf8' }).split('\n')).toEqual(
      expect.arrayContaining(['./', './empty/', './link']),
    );
    // And what one side has made, the other takes.
    await rm(box('t'), { recursive: true });
    await unpack(Readable.from([archive]));
    expect(execFileSync('diff', ['-r', '--no-dereference', box('t'), join(directory, 'out/t')], { encoding: 'utf8' })).toBe('');
  });

  it('end the copy when nobody reads on', async () => {
    execFileSync('truncate', ['-s', '1T', box('endless')]);
    const archive = copyTarOut(boxIn(join(directory, 'box')), '/srv/endless', {});
    for await (const chunk of archive) {
      expect((chunk as Buffer).length).toBeGreaterThan(0);
      break;
    }
    expect(archive.destroyed).toBe(true);
  });

  it('hold no name that is not UTF-8', async () => {
    await writeFile(Buffer.concat([Buffer.from(box('x')), Buffer.of(0xff)]), '');
    await expect(buffer(copyTarOut(boxIn(join(directory, 'box')), '/srv', {}))).rejects.toMatchObject({ code: 'Unsupported' });
  });

  const META = [0xed, 0x03, 0, 0, 0, 0, 0];
  it.each<[string, number[]]>([
    ['a name that leads elsewhere', [3, 4, 0x2e, 0x2e, 0x2f, 0x61, ...META, 0, 0]],
    ['the name of what is above', [1, 2, 0x2e, 0x2e, 1, ...META]],
    ['more content than it said', [3, 1, 0x61, ...META, 0, 1, 7, 2, 0, 0]],
    ['less content than it said', [3, 1, 0x61, ...META, 0, 2, 7, 1, 0, 9, 1, 0]],
    ['an end of no directory', [2]],
    ['an end in a directory', [1, 1, 0x61, 1, ...META, 9, 1, 0]],
    ['no end', [3, 1, 0x61, ...META, 0, 0]],
    ['another name of nothing', [1, 1, 0x61, 1, ...META, 6, 1, 0x62, 5]],
    ['two trees', [3, 1, 0x61, ...META, 0, 0, 3, 1, 0x62, ...META, 0, 0]],
    ['a number without an end', [3, 1, 0x61, ...Array.from({ length: 20 }, () => 0xff)]],
    ['a record that is cut short', [3, 9, 0x61]],
    ['what is no record', [77]],
  ])('are not made of a guest that tells of %s', async (_, bytes) => {
    const copyOut = () => ({
      async *[Symbol.asyncIterator]() {
        yield await Promise.resolve([Buffer.from(bytes)]);
      },
      violation,
    });
    const session = () => Promise.resolve({ copyOut } as unknown as AgentSession);
    await expect(buffer(copyTarOut(session, '/tree', {}))).rejects.toMatchObject({ code: 'Portal', reason: 'protocol-violation' });
  });
});
