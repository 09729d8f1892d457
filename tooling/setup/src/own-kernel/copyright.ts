import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KernelManifest } from './store.js';

/** Where the kernel's tree keeps the terms it is under. */
const TERMS = ['COPYING', 'LICENSES/preferred/GPL-2.0', 'LICENSES/exceptions/Linux-syscall-note'];

/** What must go with the kernel wherever it goes: whose it is, how to come by its complete source, and its terms. */
export const copyright = async ({ release, source, sha256 }: KernelManifest, tree: string): Promise<string> => {
  const name = source.split('=', 1)[0] ?? source;
  const notice = [
    `vmlinux is Linux ${release}, by its many authors, under the GNU General Public License, version 2 only.`,
    '',
    `It was compiled from the unchanged source in Debian's package ${source}. Get it from Debian:`,
    `  apt-get download ${source}`,
    `The configuration is the file 'config' beside this kernel ('vmlinux.config' in a guest image; SHA-256 ${sha256.config}).`,
    `To compile it: unpack usr/src/${name}.tar.xz, put the configuration there as .config, and run 'make ARCH=x86_64 vmlinux'.`,
    '',
  ].join('\n');
  const terms = await Promise.all(
    TERMS.map(async (file) => `${'-'.repeat(80)}\n${file}\n\n${(await readFile(join(tree, file), 'utf8')).trimEnd()}\n`),
  );
  return [notice, ...terms].join('\n');
};
