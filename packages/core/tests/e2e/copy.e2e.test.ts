import { execFileSync } from 'node:child_process';
import { truncateSync } from 'node:fs';
import { appendFile, chmod, link, mkdir, mkdtemp, open, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BoxliteRuntime, LiteBox } from '@boxlite/core';
import fc from 'fast-check';
import { debian, openRuntime, python, sh, spawnBox } from './support/boxes.js';
import { READ_ONLY_WITH_ATTRIBUTE, DESCRIBE, describeOnHost, makeTree, trees } from './support/trees.js';

describe('copies of trees', () => {
  let runtime: BoxliteRuntime;
  let box: LiteBox;
  let directory: string;
  const host = (...names: string[]) => join(directory, ...names);

  beforeAll(async () => {
    runtime = await openRuntime();
    box = await spawnBox(runtime, debian());
    directory = await mkdtemp(join(tmpdir(), 'boxlite-copies-'));
  });

  afterAll(async () => {
    await box[Symbol.asyncDispose]();
    await runtime.close();
    await rm(directory, { recursive: true, force: true });
  });

  const inBox = (path: string) => python(box, DESCRIBE, [path]);

  const makeOne = async (path: string): Promise<void> => {
    await mkdir(join(path, 'empty'), { recursive: true });
    await mkdir(join(path, 'a/b'), { recursive: true });
    await writeFile(join(path, 'a/file'), 'content');
    await writeFile(join(path, 'a/large'), Buffer.alloc(300_001, 'x'));
    await link(join(path, 'a/file'), join(path, 'a/b/second name'));
    await symlink('/etc/passwd', join(path, 'a/absolute'));
    await symlink('../../nowhere', join(path, 'a/dangling'));
    await writeFile(Buffer.concat([Buffer.from(`${path}/a/`), Buffer.from([0xff, 0xfe, 0x0a])]), 'not UTF-8');
    await writeFile(join(path, 'n'.repeat(255)), 'a long name');
    await writeFile(join(path, 'sticky'), '');
    await chmod(join(path, 'sticky'), 0o5755);
    const sparse = await open(join(path, 'sparse'), 'w');
    await sparse.write('end', 8 << 20);
    await sparse.truncate(16 << 20);
    await sparse.close();
    execFileSync('python3', [
      '-c',
      "import os,sys;p=sys.argv[1];os.mkfifo(p+'/fifo');os.utime(p+'/a/file',ns=(0,-1234567890123456789))\ntry: os.setxattr(p+'/a/file','user.note',b'v\\0w')\nexcept OSError: pass",
      path,
    ]);
    await utimes(join(path, 'empty'), 1, 2);
  };

  it('brings everything that a tree has into the Box and out again', async () => {
    await makeOne(host('tree'));
    const before = describeOnHost(host('tree'));
    const copied = await box.copyIn(host('tree'), '/tree');
    expect(copied).toMatchObject({ skipped: 0, lostXattrs: 0 });
    expect(await inBox('/tree')).toBe(before);
    expect(await sh(box, 'find /tree ! -user root -o ! -group root')).toBe('');
    const back = await box.copyOut('/tree', host('back'), { archive: process.getuid?.() === 0 });
    expect(back.entries).toBe(copied.entries);
    const after = describeOnHost(host('back'));
    // Setuid is only kept with `archive`.
    expect(process.getuid?.() === 0 ? after : after.replace('0o101755', '0o105755')).toBe(before);
  });

  it('reaches the places that a process in the Box sees', async () => {
    await writeFile(host('note'), 'seen');
    await sh(box, 'mkdir -p /mnt/t; ln -s /dev/shm /shm-link');
    for (const place of ['/tmp', '/dev/shm', '/shm-link', '/mnt/t/']) {
      await box.copyIn(host('note'), place);
      expect(await sh(box, `cat ${place}/note`)).toBe('seen');
    }
    expect(await sh(box, 'ls /dev/shm')).toBe('note');
    await box.copyOut('/dev/shm/.', host('from-shm'));
    expect(await readdir(host('from-shm'))).toEqual(['note']);
    await expect(box.copyIn(host('note'), '/proc/version')).rejects.toMatchObject({ name: 'BoxliteError' });
    // A file that is mounted cannot be replaced, but it can be written to.
    await box.copyIn(host('note'), '/etc/hostname');
    expect(await sh(box, 'cat /etc/hostname')).toBe('seen');
    await box.files.write('/etc/hosts', '127.0.0.1 localhost\n');
    expect(await sh(box, 'cat /etc/hosts')).toBe('127.0.0.1 localhost');
  });

  it('gives files to the owner that is asked for', async () => {
    await writeFile(host('mine'), '');
    await box.copyIn(host('mine'), '/mine', { owner: { uid: 1234, gid: 99 } });
    expect(await sh(box, 'stat -c %u:%g /mine')).toBe('1234:99');
    await box.copyIn(host('mine'), '/kept', { archive: true });
    const { uid, gid } = await stat(host('mine'));
    expect(await sh(box, 'stat -c %u:%g /kept')).toBe(`${String(uid)}:${String(gid)}`);
    await expect(box.copyIn(host('mine'), '/x', { archive: true, owner: { uid: 1, gid: 1 } })).rejects.toMatchObject({
      code: 'InvalidArgument',
    });
    await sh(box, 'touch /setuid && chown 4321:1 /setuid && chmod 6755 /setuid');
    await box.copyOut('/setuid', host('setuid'));
    expect(await stat(host('setuid'))).toMatchObject({ mode: 0o100755, uid: process.getuid?.() });
  });

  it('says what cannot be copied, and where', async () => {
    await expect(box.copyIn(host('no such'), '/x')).rejects.toMatchObject({ code: 'NotFound', reason: 'ENOENT' });
    await expect(box.copyOut('/no-such', host('x'))).rejects.toMatchObject({
      code: 'NotFound',
      reason: 'ENOENT',
      message: expect.stringContaining('/no-such') as string,
    });
    await writeFile(host('plain'), '');
    await expect(box.copyIn(host('plain'), '/no/where')).rejects.toMatchObject({ code: 'NotFound' });
    await expect(box.copyIn(host('plain'), '/etc/passwd/')).rejects.toMatchObject({ reason: 'ENOTDIR' });
    await expect(box.copyOut('/etc', host('plain'))).rejects.toMatchObject({ reason: 'ENOTDIR' });
    await expect(box.copyOut('/dev/null', host('null'))).rejects.toMatchObject({ reason: 'device' });
  });

  it('leads nowhere outside, whatever links the Box has', async () => {
    await sh(box, 'mkdir -p /links/d && ln -s /etc/passwd /links/file && ln -s ../../../../.. /links/up && ln -s / /links/d/root');
    await box.copyOut('/links', host('links'));
    expect(await readdir(host('links'))).toEqual(['d', 'file', 'up']);
    // A link on the way is followed inside the Box only.
    await sh(box, 'ln -s /../../../../../../tmp /to-tmp');
    await box.copyIn(host('note'), '/to-tmp/through');
    expect(await sh(box, 'cat /tmp/through')).toBe('seen');
    // The target has a link where the Box has a directory.
    await mkdir(host('target'));
    await mkdir(host('outside'));
    await symlink('../outside', host('target', 'links'));
    await sh(box, 'echo x >/links/d/new');
    await expect(box.copyOut('/links/.', host('target'))).resolves.toMatchObject({});
    await rm(host('target', 'd'), { recursive: true });
    await symlink('../outside', host('target', 'd'));
    await expect(box.copyOut('/links/.', host('target'))).rejects.toMatchObject({ reason: 'ENOTDIR' });
    expect(await readdir(host('outside'))).toEqual([]);
  });

  it('leaves nothing half when it is aborted, and tells how far it came', async () => {
    await writeFile(host('big'), Buffer.alloc(24 << 20, 'y'));
    for (const [from, to] of [
      [host('big'), '/aborted'],
      [host('big'), '/tmp'],
    ] as const) {
      const abort = new AbortController();
      const seen: number[] = [];
      const onProgress = ({ bytes }: { bytes: number }) => {
        seen.push(bytes);
        if (bytes > 1 << 20) abort.abort();
      };
      await expect(box.copyIn(from, to, { signal: abort.signal, onProgress })).rejects.toMatchObject({ name: 'AbortError' });
      expect(seen.at(-1)).toBeGreaterThan(1 << 20);
    }
    // The guest hears of it a moment later.
    await sh(
      box,
      'for i in $(seq 100); do ls -A / /tmp | grep -q boxlite- || break; sleep 0.1; done; ! ls -A / /tmp | grep -e boxlite- -e aborted -e big',
    );

    await sh(box, 'head -c 24M /dev/zero >/big-in-box');
    const abort = new AbortController();
    const onProgress = () => {
      abort.abort();
    };
    await mkdir(host('partly'));
    await expect(box.copyOut('/big-in-box', host('partly'), { signal: abort.signal, onProgress })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(await readdir(host('partly'))).toEqual([]);
  });

  it('sees that a file became shorter while it was copied', async () => {
    await writeFile(host('shrinks'), Buffer.alloc(16 << 20, 'z'));
    let first = true;
    const onProgress = () => {
      if (first) truncateSync(host('shrinks'), 1 << 20);
      first = false;
    };
    await expect(box.copyIn(host('shrinks'), '/shrinks', { onProgress })).rejects.toMatchObject({
      code: 'InvalidState',
      reason: 'source-changed',
    });
    expect(await sh(box, 'ls -A / | grep -e shrinks -e boxlite- || true')).toBe('');
    // One that grows is copied as long as it was.
    await writeFile(host('grows'), 'begin');
    await appendFile(host('grows'), ' end');
    await box.copyIn(host('grows'), '/grows');
    expect((await box.files.read('/grows')).toString()).toBe('begin end');
  });

  it('copies several trees at the same time', async () => {
    await mkdir(host('many'));
    for (let i = 0; i < 300; i += 1) await writeFile(host('many', String(i)), String(i));
    const copies = Array.from({ length: 12 }, async (_, i) => {
      await box.copyIn(host('many'), `/many-${String(i)}`);
      await box.copyOut(`/many-${String(i)}`, host(`many-${String(i)}`));
      expect(await readFile(host(`many-${String(i)}`, '299'), 'utf8')).toBe('299');
    });
    await Promise.all(copies);
  });

  it('gives back any tree as it was', async () => {
    // Owners are kept by who may give files away.
    const archive = process.getuid?.() === 0;
    let round = 0;
    await fc.assert(
      fc.asyncProperty(trees, async (tree) => {
        round += 1;
        const [from, to, within] = [host(`from-${String(round)}`), host(`to-${String(round)}`), `/any-${String(round)}`];
        makeTree(from, tree);
        const before = describeOnHost(from, archive);
        await box.copyIn(from, within, { archive });
        expect(await python(box, DESCRIBE, archive ? [within, 'owners'] : [within])).toBe(before);
        await box.copyOut(within, to, { archive });
        expect(describeOnHost(to, archive)).toBe(before);
      }),
      { numRuns: 4, examples: [[READ_ONLY_WITH_ATTRIBUTE]] },
    );
  });
});
