import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../command.js';
import { root } from '../paths.js';
import { lostSettings, repeatedOptions } from './fragment.js';

// This file and the fragment decide what the kernel is: their digest is its recipe, and a change here builds it anew.

/** The Debian package with the kernel's source. */
export const SOURCE_PACKAGE = 'linux-source-6.1';

const FRAGMENT = join(root, 'native/kernel/boxlite.config');

/** Nothing of the builder, the machine or the day gets into the kernel: it is built inside its tree, so paths are relative, too. */
const REPRODUCIBLE = {
  ARCH: 'x86_64',
  KBUILD_BUILD_TIMESTAMP: 'Thu Jan  1 00:00:00 UTC 1970',
  KBUILD_BUILD_USER: 'boxlite',
  KBUILD_BUILD_HOST: 'boxlite',
  KBUILD_BUILD_VERSION: '1',
  LC_ALL: 'C',
};

/** The digest of all that decides what the kernel is, but for its source's version. */
export const recipeDigest = async (): Promise<string> => {
  const hash = createHash('sha256');
  for (const file of [FRAGMENT, fileURLToPath(import.meta.url)]) hash.update(await readFile(file)).update('\0');
  return hash.digest('hex');
};

/** Configures the source tree. @throws Error that names each line of the fragment that was lost on the way. */
export const configure = async (tree: string): Promise<string> => {
  const fragment = await readFile(FRAGMENT, 'utf8');
  const repeated = repeatedOptions(fragment);
  if (repeated.length > 0) throw new Error(`${FRAGMENT} names these more than once: ${repeated.join(', ')}`);
  await run('make', ['tinyconfig'], { cwd: tree, env: REPRODUCIBLE });
  await run('sh', ['-c', 'cat - >>.config'], { cwd: tree, input: fragment });
  await run('make', ['olddefconfig'], { cwd: tree, env: REPRODUCIBLE });
  const config = await readFile(join(tree, '.config'), 'utf8');
  const lost = lostSettings(fragment, config);
  if (lost.length > 0) throw new Error(`these lines of ${FRAGMENT} did not survive olddefconfig:\n${lost.join('\n')}`);
  return config;
};

/** Compiles `vmlinux` and strips it. Minutes; lets everything else on this machine go first. */
export const compile = async (tree: string, jobs: number): Promise<void> => {
  await run('nice', ['-n', '10', 'make', `-j${String(jobs)}`, 'vmlinux'], { cwd: tree, env: REPRODUCIBLE, progress: 'kernel' });
  await run('strip', ['--strip-all', 'vmlinux'], { cwd: tree });
};
