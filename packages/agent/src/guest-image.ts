import { access, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { BoxliteError, errorMessage } from '@boxlite/shared';

import { guestDirectory } from './assets.js';

/** `own` is BoxLite's (`native/kernel`), `debian` is Debian's for virtual machines, `custom` is the one that `BOXLITE_KERNEL` names. */
export type KernelKind = 'own' | 'debian' | 'custom';

/** What a Box's VM boots: a kernel, and an initramfs whose init is the agent. */
export interface GuestImage {
  /** Path of an uncompressed ELF kernel with a PVH entry. */
  readonly kernel: string;
  readonly initramfs: string;
  readonly kernelKind: KernelKind;
  /** As `uname -r` says it; empty when `BOXLITE_KERNEL` names a kernel that does not tell. */
  readonly kernelRelease: string;
  /** Version of the agent in the initramfs. */
  readonly version: string;
}

export interface GuestImageOptions {
  /** @defaultValue the package @boxlite/guest-x64 */
  directory?: string;
  /** Path of a kernel to use instead of the image's own. @defaultValue the environment's `BOXLITE_KERNEL` */
  kernel?: string | undefined;
}

/**
 * Finds the guest image that was installed with this package.
 *
 * A kernel of one's own must be an ELF file with a PVH entry, and must have the drivers built in that the initramfs brings as modules,
 * or be of the same release.
 *
 * @throws BoxliteError `UnsupportedEngine` when the image is missing or damaged; `Config` when `BOXLITE_KERNEL` names no kernel.
 */
export const guestImage = async (options: GuestImageOptions = {}): Promise<GuestImage> => {
  const directory = options.directory ?? guestDirectory();
  const paths = { kernel: join(directory, 'vmlinux'), initramfs: join(directory, 'initramfs.cpio') };
  const { version, kernelKind, kernelRelease } = await readManifest(directory);
  const custom = options.kernel ?? process.env['BOXLITE_KERNEL'];
  if (custom) {
    await readable(paths.initramfs);
    return { ...paths, kernel: custom, kernelKind: 'custom', kernelRelease: await kernelReleaseOf(custom), version };
  }
  await Promise.all([readable(paths.kernel), readable(paths.initramfs)]);
  return { ...paths, kernelKind, kernelRelease, version };
};

const missing = (path: string, cause: unknown): BoxliteError =>
  new BoxliteError(
    'UnsupportedEngine',
    `The guest image is missing or damaged at '${path}'. In a checkout run ./dev setup; otherwise install @boxlite/guest-x64 anew.`,
    { reason: 'guest-image-missing', cause },
  );

const readable = async (path: string): Promise<void> => {
  await access(path).catch((cause: unknown) => {
    throw missing(path, cause);
  });
};

type Manifest = Pick<GuestImage, 'version' | 'kernelRelease'> & { kernelKind: 'own' | 'debian' };

const isManifest = (value: unknown): value is Manifest => {
  if (typeof value !== 'object' || value === null) return false;
  const { version, kernelKind, kernelRelease } = value as Partial<Record<keyof Manifest, unknown>>;
  return typeof version === 'string' && typeof kernelRelease === 'string' && (kernelKind === 'own' || kernelKind === 'debian');
};

const readManifest = async (directory: string): Promise<Manifest> => {
  const path = join(directory, 'manifest.json');
  try {
    const manifest: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (isManifest(manifest)) return manifest;
  } catch (cause) {
    throw missing(path, cause);
  }
  throw missing(path, new Error('it does not say version, kernelKind and kernelRelease'));
};

const ELF_MAGIC = Buffer.from('\x7fELF', 'latin1');
const BANNER = Buffer.from('Linux version ');
const RELEASE = /^Linux version ([0-9][\w.+~-]{0,63}) /;
const BLOCK_BYTES = 1024 * 1024;

/** Reads the release out of a kernel's banner. @throws BoxliteError `Config` when the file is no ELF kernel. */
const kernelReleaseOf = async (path: string): Promise<string> => {
  try {
    await using file = await open(path);
    const block = Buffer.alloc(BLOCK_BYTES + 128);
    for (let position = 0; ; position += BLOCK_BYTES) {
      const { bytesRead } = await file.read(block, 0, block.length, position);
      const bytes = block.subarray(0, bytesRead);
      if (position === 0 && !bytes.subarray(0, 4).equals(ELF_MAGIC)) throw new Error('it is no uncompressed ELF file (vmlinux)');
      for (let at = bytes.indexOf(BANNER); at >= 0; at = bytes.indexOf(BANNER, at + 1)) {
        const release = RELEASE.exec(bytes.toString('latin1', at, at + 128))?.[1];
        if (release) return release;
      }
      if (bytesRead < block.length) return '';
    }
  } catch (cause) {
    const why = errorMessage(cause);
    throw new BoxliteError('Config', `The kernel '${path}', which BOXLITE_KERNEL names, cannot be used: ${why}.`, {
      reason: 'bad-kernel',
      cause,
    });
  }
};
