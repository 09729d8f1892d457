import { chmod, chown, mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import type { BoxliteRuntime, BoxOptions, LiteBox } from '@boxlite/core';
import { debian, openRuntime, python, sh, spawnBox, spawnClone, temporaryHome } from './support/boxes.js';
import { eventually } from './support/eventually.js';
import { hostDirectory, isRoot, noHostVolumes } from './support/host-volumes.js';
import { pidOf } from './support/ahead.js';

const HAS_VOLUMES = { code: 'Unsupported', reason: 'has-volumes' };

/** Ends a Box's VMM as a power cut ends a machine. */
const killVmm = async (box: LiteBox): Promise<void> => {
  process.kill(await pidOf(box), 'SIGKILL');
  await eventually('the end of the VM', async () => (await box.info()).status === 'failed' || undefined);
};

describe('volumes', () => {
  let runtime: BoxliteRuntime;
  let skipped: string | undefined;

  beforeAll(async () => {
    runtime = await openRuntime();
    skipped = await noHostVolumes(runtime);
    if (skipped !== undefined) process.stderr.write(`skipped: volumes of the host: ${skipped}\n`);
  });
  afterAll(() => runtime.close());

  it('of the host that cannot be had here are refused, saying why', async () => {
    if (skipped === undefined) return;
    await using box = await spawnBox(runtime, { volumes: [{ hostPath: '/tmp', boxPath: '/mnt' }] });
    await expect(box.start()).rejects.toMatchObject({ code: 'Unsupported' });
  });

  it('are directories and files of the host, read-write or read-only, as many as are asked for', async () => {
    if (skipped !== undefined) return;
    await using host = await hostDirectory();
    await mkdir(host.at('rw/inner'), { recursive: true });
    await mkdir(host.at('ro'));
    await writeFile(host.at('ro/kept'), 'kept\n');
    await writeFile(host.at('file, with "signs"'), 'one file\n');
    const many = Array.from({ length: 40 }, (_, index) => ({
      hostPath: host.at(`many${String(index)}`),
      boxPath: `/many/${String(index)}`,
    }));
    for (const { hostPath } of many) {
      await mkdir(hostPath);
      await writeFile(`${hostPath}/name`, `${hostPath}\n`);
    }
    await using box = await spawnBox(runtime, {
      volumes: [
        { hostPath: host.at('ro'), boxPath: '/made/in/the/box/', readOnly: true },
        { hostPath: host.at('rw'), boxPath: '/mnt/rw' },
        { hostPath: host.at('file, with "signs"'), boxPath: '/etc/one.conf' },
        // In another volume, whatever the order.
        { hostPath: host.at('ro'), boxPath: '/mnt/rw/inner', readOnly: true },
        ...many,
      ],
    });
    expect(await sh(box, 'cat /etc/one.conf /made/in/the/box/kept /mnt/rw/inner/kept; cat /many/*/name | sort')).toBe(
      ['one file', 'kept', 'kept', ...many.map(({ hostPath }) => hostPath).sort()].join('\n'),
    );
    await sh(box, 'echo new > /mnt/rw/new; mkdir /mnt/rw/dir; echo changed > /etc/one.conf; mv /mnt/rw/new /mnt/rw/dir/moved');
    expect(await readFile(host.at('rw/dir/moved'), 'utf8')).toBe('new\n');
    expect(await readFile(host.at('file, with "signs"'), 'utf8')).toBe('changed\n');
    const refused = await box.run('sh', ['-c', 'echo x > /made/in/the/box/kept; rm -f /mnt/rw/inner/kept; touch /mnt/rw/inner/new']);
    expect(refused.stderr.match(/Read-only file system/g)).toHaveLength(3);
    expect(await readFile(host.at('ro/kept'), 'utf8')).toBe('kept\n');
    // By the API as well.
    await box.files.write('/mnt/rw/api', 'by the API\n');
    expect(await readFile(host.at('rw/api'), 'utf8')).toBe('by the API\n');
    await expect(box.files.write('/made/in/the/box/api', '')).rejects.toMatchObject({ reason: 'EROFS' });
    expect((await box.info()).volumes).toHaveLength(44);
    // A second start has them again, and one of a volume that is gone says so.
    await box.stop();
    expect(await sh(box, 'cat /mnt/rw/dir/moved')).toBe('new');
    await box.stop();
    await rm(host.at('many7'), { recursive: true });
    await expect(box.start()).rejects.toMatchObject({ code: 'NotFound', message: expect.stringContaining(host.at('many7')) as string });
  });

  it('are what the host makes of them, also while the Box runs', async () => {
    if (skipped !== undefined) return;
    await using host = await hostDirectory();
    await using box = await spawnBox(runtime, { ...debian(), volumes: [{ hostPath: host.path, boxPath: '/v' }] });
    const mapped = `
import mmap, sys
with open('/v/file', 'r+b') as f:
    m = mmap.mmap(f.fileno(), 0)
    print(m[:].decode())
    if len(sys.argv) > 1:
        m[:4] = sys.argv[1].encode()
        m.flush()`;
    for (const content of ['one1', 'two2', 'thr3']) {
      await writeFile(host.at('file'), content);
      expect(await sh(box, 'cat /v/file')).toBe(content);
      expect(await python(box, mapped)).toBe(content);
    }
    await python(box, mapped, ['four']);
    expect(await readFile(host.at('file'), 'utf8')).toBe('four');
    // Of the same size and time.
    const { atime, mtime } = await stat(host.at('file'));
    await writeFile(host.at('file'), 'five');
    await utimes(host.at('file'), atime, mtime);
    expect(await sh(box, 'cat /v/file')).toBe('five');
    await rm(host.at('file'));
    expect((await box.run('cat', ['/v/file'])).stderr).toContain('No such file');
  });

  it('hold what programs do with files', async () => {
    if (skipped !== undefined) return;
    await using host = await hostDirectory();
    await using box = await spawnBox(runtime, { ...debian(), volumes: [{ hostPath: host.path, boxPath: '/v' }] });
    // Shared memory of several processes is a file that is mapped.
    const database = `
import os, sqlite3
db = sqlite3.connect('/v/wal.db')
assert db.execute('pragma journal_mode=wal').fetchone() == ('wal',)
db.execute('create table t (n)')
for n in range(4):
    if os.fork() == 0:
        own = sqlite3.connect('/v/wal.db', timeout=60)
        for _ in range(5):
            with own: own.execute('insert into t values (?)', (n,))
        own.close()
        os._exit(0)
for n in range(4): assert os.wait()[1] == 0
print(db.execute('select count(*), sum(n) from t').fetchone(), db.execute('pragma integrity_check').fetchone())`;
    expect(await python(box, database)).toBe("(20, 30) ('ok',)");
    await sh(
      box,
      'cd /v && git init -q r && cd r && git config user.email a@b && git config user.name n && for n in 1 2 3; do seq $n 1000 > f$n; ln -s f$n l$n; git add -A; git commit -qm $n; done && git gc -q && git fsck && test -z "$(git status --porcelain)"',
    );
    const files = `
import fcntl, os, tempfile
os.chdir('/v')
with tempfile.NamedTemporaryFile(dir='.') as f:
    f.write(b'x' * 100000); f.flush(); os.fsync(f.fileno())
    fcntl.flock(f, fcntl.LOCK_EX)
    assert os.path.getsize(f.name) == 100000
os.makedirs('a/b'); open('a/b/c', 'w').close(); os.link('a/b/c', 'a/hard'); assert os.stat('a/hard').st_nlink == 2
os.rename('a', 'z'); os.chmod('z/hard', 0o640); os.utime('z/hard', (5, 7))
s = os.stat('z/b/c'); print(oct(s.st_mode), s.st_mtime_ns)
name = os.fsdecode(bytes([0xff]) * 255); open(name, 'w').close(); assert name in os.listdir('.')
with open('big', 'wb') as f: f.seek(5 << 30); f.write(b'end')
print(os.path.getsize('big'))
os.setxattr('z/hard', 'user.tag', b'value'); print(os.getxattr('z/b/c', 'user.tag'))
for n in range(500): open(f'z/{n}', 'w').close()
print(len(os.listdir('z')))
os.symlink('nowhere', 'dangling'); print(os.readlink('dangling'))`;
    expect((await python(box, files)).split('\n')).toEqual(['0o100640 7000000000', '5368709123', "b'value'", '502', 'nowhere']);
    expect((await stat(host.at('z/hard'))).mode & 0o7777).toBe(0o640);
    expect((await stat(host.at('big'))).size).toBe(5 * 2 ** 30 + 3);
  });

  it("belong to the Box's user", async () => {
    if (skipped !== undefined) return;
    await using host = await hostDirectory();
    await chmod(host.path, 0o700);
    // As root, users are on the host who they are in the Box.
    if (isRoot) await chown(host.path, 1234, 1234);
    await using box = await spawnBox(runtime, { user: '1234:1234', volumes: [{ hostPath: host.path, boxPath: '/v' }] });
    expect(await sh(box, 'id -u; touch /v/new; stat -c %u:%g /v/new /v')).toBe('1234\n1234:1234\n1234:1234');
    const { uid } = await stat(host.at('new'));
    expect(uid).toBe(isRoot ? 1234 : process.getuid?.());
    expect((await box.run('chmod', ['4755', '/v/new'])).stderr).toContain('not permitted');
  });

  it('lose nothing that was written when the VMM is killed', async () => {
    if (skipped !== undefined) return;
    await using host = await hostDirectory();
    await using box = await spawnBox(runtime, { volumes: [{ hostPath: host.path, boxPath: '/v' }] });
    const writer = await box.exec('sh', ['-c', 'n=0; while :; do n=$((n+1)); echo $n >> /v/log; echo $n; done']);
    let last = '';
    for await (const chunk of writer.stdout) {
      last = String(chunk).trimEnd().split('\n').at(-1) ?? '';
      if (Number(last) > 200) break;
    }
    await killVmm(box);
    await expect(writer.wait()).rejects.toThrow();
    const lines = (await readFile(host.at('log'), 'utf8')).trimEnd().split('\n');
    expect(lines.length).toBeGreaterThanOrEqual(200);
    expect(lines).toEqual(lines.map((_, index) => String(index + 1)));
    // The next start has the same.
    expect(Number(await sh(box, 'tail -n 1 /v/log'))).toBe(lines.length);
  });

  it('of a detached Box stay with it, and start from templates', async () => {
    if (skipped !== undefined) return;
    await using home = await temporaryHome();
    await using host = await hostDirectory();
    const options: BoxOptions = { detach: true, name: 'keeper', volumes: [{ hostPath: host.path, boxPath: '/v' }] };
    {
      await using first = await openRuntime({ home: home.path });
      const box = await first.create(options);
      await sh(box, 'echo 1 > /v/log');
      expect((await box.info()).startedFrom).toBe('template');
    }
    await using second = await openRuntime({ home: home.path });
    const box = await second.get('keeper');
    expect((await box.info()).status).toBe('running');
    expect(await sh(box, 'echo 2 >> /v/log; cat /v/log')).toBe('1\n2');
    await box.remove({ force: true });
    await using another = await spawnBox(second, { volumes: [{ hostPath: host.path, boxPath: '/v' }] });
    expect(await sh(another, 'cat /v/log')).toBe('1\n2');
    expect((await another.info()).startedFrom).toMatch(/template/);
  });

  it('of the home outlive their Boxes, with owners of their own, up to their size', async () => {
    await using home = await temporaryHome();
    await using own = await openRuntime({ home: home.path });
    const { volumes } = own;
    const { name } = await volumes.create({ name: 'data', sizeMib: 64, labels: { tier: 'db' } });
    await expect(volumes.create({ name })).rejects.toMatchObject({ code: 'AlreadyExists' });
    const rw: BoxOptions = {
      volumes: [
        { name, boxPath: '/data' },
        { name: 'made-by-the-box', boxPath: '/other' },
      ],
    };
    {
      await using box = await spawnBox(own, rw);
      await sh(box, 'mkdir /data/mine && chown 70:70 /data/mine && chmod 700 /data/mine && echo kept > /data/file && sync');
      const full = await box.run('dd', ['if=/dev/zero', 'of=/data/full', 'bs=1M', 'count=100']);
      expect(full.stderr).toContain('No space left');
      await sh(box, 'rm /data/full');
      // Held by this one.
      await expect(volumes.remove(name)).rejects.toMatchObject({
        code: 'InvalidState',
        message: expect.stringContaining(box.id) as string,
      });
      await using other = await spawnBox(own, { volumes: [{ name, boxPath: '/d', readOnly: true }] });
      await expect(other.start()).rejects.toMatchObject({ code: 'InvalidState', reason: 'volume-in-use' });
      // As by a power cut: the journal brings it in order.
      await killVmm(box);
      expect(await sh(box, 'cat /data/file; stat -c %u:%a /data/mine')).toBe('kept\n70:700');
      await box.stop();
      await using third = await spawnBox(own, { volumes: [{ name, boxPath: '/d', readOnly: true }] });
      for (const reader of [other, third]) {
        expect(await sh(reader, 'cat /d/file')).toBe('kept');
        expect((await reader.run('touch', ['/d/new'])).stderr).toContain('Read-only');
      }
      await expect(box.start()).rejects.toMatchObject({ reason: 'volume-in-use' });
      await Promise.all([other.remove({ force: true }), third.remove({ force: true })]);
      // Ended by force, without a sync.
      await sh(box, 'echo last > /data/last');
      await box.remove({ force: true });
      await using next = await spawnBox(own, rw);
      expect(await sh(next, 'cat /data/last')).toBe('last');
    }
    expect((await volumes.list()).map((volume) => [volume.name, volume.sizeMib, volume.usedBy])).toEqual([
      ['data', 64, []],
      ['made-by-the-box', 4096, []],
    ]);
    await volumes.remove('made-by-the-box');
    await expect(volumes.get('made-by-the-box')).rejects.toMatchObject({ code: 'NotFound' });
    expect((await volumes.prune()).removed).toEqual(['data']);
    expect(await volumes.list()).toEqual([]);
  });

  it('are not copied with the memory of a Box, nor into archives, but with its disk', async () => {
    await using home = await temporaryHome();
    await using own = await openRuntime({ home: home.path });
    await using box = await spawnBox(own, { volumes: [{ name: 'data', boxPath: '/data' }] });
    await sh(box, 'echo disk > /disk; echo volume > /data/file');
    await expect(box.snapshots.create('warm')).rejects.toMatchObject(HAS_VOLUMES);
    await expect(box.clone()).rejects.toMatchObject(HAS_VOLUMES);
    await expect(box.export(`${home.path}/archive`)).rejects.toMatchObject(HAS_VOLUMES);
    expect(await sh(box, 'cat /disk')).toBe('disk');
    await box.stop();
    await box.snapshots.create('cold');
    await using clone = await spawnClone(box);
    expect(await sh(clone, 'cat /disk /data/file')).toBe('disk\nvolume');
    await clone.stop();
    await sh(box, 'rm /disk');
    await box.snapshots.restore('cold', { memory: false });
    expect(await sh(box, 'cat /disk /data/file')).toBe('disk\nvolume');
  });
});
