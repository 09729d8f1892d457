import { copyFile, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cached, run } from '@boxlite/testbed';

interface Manifest {
  digest: string;
}

/** An image's root file system as a directory, unpacked once and kept in the cache. Never written to. */
export const rootFileSystem = async (layout: string, manifest: Manifest): Promise<string> => {
  const directory = await cached('rootfs', { digest: manifest.digest }, async (target) => {
    // umoci wants a short name for the image, whatever it is called there.
    const named = await mkdtemp(join(tmpdir(), 'boxlite-layout-'));
    try {
      await symlink(join(layout, 'blobs'), join(named, 'blobs'));
      await copyFile(join(layout, 'oci-layout'), join(named, 'oci-layout'));
      const annotations = { 'org.opencontainers.image.ref.name': 'image' };
      await writeFile(join(named, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }));
      await run('umoci', ['unpack', '--image', `${named}:image`, join(target, 'bundle')]);
    } finally {
      await rm(named, { recursive: true, force: true });
    }
  });
  return join(directory, 'bundle', 'rootfs');
};
