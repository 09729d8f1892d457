import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildImage, ScriptedRegistry, smallImage } from '@boxlite/testbed';
import { ImageManager } from '../image-manager.js';
import { ImagesLayout } from '@boxlite/shared';
import { unheard } from '../../recovery/recovery-report.js';

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('tests on a full disk are skipped: mounting a small tmpfs needs root');
const suite = isRoot ? describe : describe.skip;

/** A file system of 1 MiB. */
class SmallDisk implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async mount(): Promise<SmallDisk | undefined> {
    const path = await mkdtemp(join(tmpdir(), 'boxlite-small-disk-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'ignore' });
    } catch {
      await rm(path, { recursive: true });
      return undefined;
    }
    return new SmallDisk(path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    execFileSync('umount', ['--lazy', this.path]);
    await rm(this.path, { recursive: true });
  }
}

suite('a full disk', () => {
  it('is named, leaves nothing half behind, and the next pull that fits works', async () => {
    await using disk = await SmallDisk.mount();
    if (disk === undefined) {
      console.warn('skipped: a tmpfs cannot be mounted here');
      return;
    }
    await using registry = await ScriptedRegistry.start();
    const large = registry.add(
      'large:1',
      await buildImage({ layers: [[{ name: 'large', content: Buffer.alloc(3_000_000, 'x') }]], compression: 'none' }),
    );
    const small = registry.add('small:1', await smallImage());
    const images = new ImageManager({ layout: new ImagesLayout(join(disk.path, 'images')) });
    await images.recover(unheard);
    await expect(images.pull(large)).rejects.toMatchObject({
      code: 'Storage',
      reason: 'ENOSPC',
      message: expect.stringContaining('disk is full') as string,
    });
    expect(await readdir(join(disk.path, 'images', 'tmp'))).toEqual([]);
    expect((await images.list()).filter(({ embedded }) => !embedded)).toEqual([]);
    await images.pull(small);
    await images.close();
  });
});
