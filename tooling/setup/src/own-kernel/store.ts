import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cache } from '../paths.js';

/** What is known of a kernel of our own; it lies beside it as `manifest.json`. */
export interface KernelManifest {
  /** As `uname -r` says it: `6.1.192-boxlite`. */
  release: string;
  /** `name=version` of the Debian package that its source is. */
  source: string;
  /** Digest of the recipe it was built by. */
  recipe: string;
  compiler: string;
  /** Digests of its files. */
  sha256: { vmlinux: string; config: string };
  builtAt: string;
}

/** A kernel in the cache. */
export interface StoredKernel {
  /** Holds `vmlinux`, `config`, `copyright` and `manifest.json`. */
  directory: string;
  manifest: KernelManifest;
}

/** Kernels of all recipes, `RECIPE/VERSION`, shared by this user's checkouts. `./dev` looks here for new ones. */
export const kernels = join(cache, 'kernels');

export const kernelDirectoryOf = (recipe: string, version: string): string =>
  join(kernels, recipe.slice(0, 16), version.replace(/[^\w.+~-]/g, '_'));

/** The kernel of this recipe that is in this directory; undefined when it is not. */
export const readKernel = async (directory: string, recipe: string): Promise<StoredKernel | undefined> => {
  const text = await readFile(join(directory, 'manifest.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const manifest = JSON.parse(text) as KernelManifest;
  return manifest.recipe === recipe ? { directory, manifest } : undefined;
};

/** The kernel of this recipe that was built last; undefined when none was. */
export const newestKernel = async (recipe: string): Promise<StoredKernel | undefined> => {
  const names = await readdir(kernelDirectoryOf(recipe, '.')).catch(() => []);
  const versions = names.filter((name) => !/\.(new|old)$/.test(name)); // under way
  const found = await Promise.all(versions.map((version) => readKernel(kernelDirectoryOf(recipe, version), recipe)));
  return found
    .filter((kernel) => kernel !== undefined)
    .sort((a, b) => a.manifest.builtAt.localeCompare(b.manifest.builtAt))
    .at(-1);
};
