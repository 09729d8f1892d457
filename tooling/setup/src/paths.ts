import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

/** What set-up keeps inside the checkout: stamps, unpacked packages, reports. Not under version control. */
export const work = join(root, '.cache');

/** Downloads, shared by every checkout of this user. */
export const cache = process.env['BOXLITE_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'boxlite');

/** The products, where the packages look for them. */
export const products = {
  engine: join(root, 'platform/engine-linux-x64/engine'),
  shim: join(root, 'platform/shim-linux-x64/boxlite-shim'),
  enginePreload: join(root, 'platform/shim-linux-x64/engine-preload.so'),
  guest: join(root, 'platform/guest-x64'),
  vmm: join(root, 'platform/vmm-linux-x64-gnu/boxlite-vmm.node'),
  cLibrary: join(root, 'packages/c/dist/lib/libboxlite.so'),
  busybox: join(root, 'packages/core/assets/images/busybox'),
};
