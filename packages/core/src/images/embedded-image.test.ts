import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImagesLayout } from '@boxlite/shared';
import { assetPath } from '../assets.js';
import { EMBEDDED_IMAGE } from './embedded-image.js';
import { ImageManager } from './image-manager.js';

const isThere = existsSync(assetPath('images/busybox'));
if (!isThere) console.warn('tests of the embedded image are skipped: set-up has not made it yet');
const suite = isThere ? describe : describe.skip;

suite('the embedded image', () => {
  it('is here without a network, prepared like any other, and not removed', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'boxlite-home-'));
    const images = new ImageManager({ layout: new ImagesLayout(directory) });
    const info = await images.resolve(EMBEDDED_IMAGE);
    expect(info).toMatchObject({ reference: EMBEDDED_IMAGE, embedded: true, storedAt: undefined });
    expect(await images.pull(EMBEDDED_IMAGE)).toEqual(info);
    expect(await images.get(EMBEDDED_IMAGE)).toEqual(info);
    expect(await images.list()).toEqual([info]);
    const { rootfs } = await images.prepare(info);
    await images.prune();
    expect(await images.prepare({ digest: info.digest })).toMatchObject({ rootfs, config: info.config });
    await expect(images.remove(EMBEDDED_IMAGE)).rejects.toMatchObject({ code: 'InvalidState', reason: 'embedded' });
    await images.close();
    await rm(directory, { recursive: true });
  });
});
