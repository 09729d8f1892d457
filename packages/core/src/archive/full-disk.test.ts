import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkRoom } from './check-room.js';
import { ArchiveHome } from './testing/archive-home.js';

const MIB = 2 ** 20;

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('a test on a full disk is skipped: mounting a small tmpfs needs root');

(isRoot ? test : test.skip)('a full disk is named, and nothing half is left on it', async () => {
  const small = await mkdtemp(join(tmpdir(), 'boxlite-small-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small]);
  try {
    await using home = await ArchiveHome.make();
    await home.addImage(randomBytes(100_000));
    const box = await home.addBox({}, { [MIB]: randomBytes(3 * MIB) });
    const full = { code: 'Storage', reason: 'ENOSPC', message: expect.stringContaining('free some space') };
    await expect(home.archives.export(box, join(small, 'x.box'))).rejects.toMatchObject(full);
    expect(await readdir(small)).toEqual([]);
    await mkdir(join(small, 'disks'));
    await expect(checkRoom(join(small, 'disks'), 3 * MIB)).rejects.toMatchObject(full);
    await checkRoom(join(small, 'disks'), MIB / 2);
  } finally {
    execFileSync('umount', ['--lazy', small]);
    await rm(small, { recursive: true });
  }
});
