import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile, mkdir, access } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

export const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

/** Writes a file as a whole: a reader sees the old one or the new one, never a part. */
export const writeAtomic = async (path: string, data: Buffer | string, mode = 0o644): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${String(process.pid)}.tmp`;
  await writeFile(temporary, data, { mode });
  await rename(temporary, path);
};

/**
 * Makes a directory as a whole: `fill` gets an empty one beside it, which then takes its place.
 * A directory cannot be replaced in one step, so for a moment there is none; there is never half of one.
 */
export const replaceDirectory = async (path: string, fill: (temporary: string) => Promise<void>): Promise<void> => {
  const temporary = `${path}.new`;
  const old = `${path}.old`;
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  await fill(temporary);
  await rm(old, { recursive: true, force: true });
  if (await exists(path)) await rename(path, old);
  await rename(temporary, path);
  await rm(old, { recursive: true, force: true });
};

/** Every file below a directory (or the file itself), sorted; nothing for a path that is not there. */
export const walk = async (path: string, skip: ReadonlySet<string> = new Set()): Promise<string[]> => {
  let entries;
  try {
    entries = await readdir(path, { withFileTypes: true });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOTDIR') return [path];
    if (code === 'ENOENT') return [];
    throw error;
  }
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (skip.has(entry.name)) continue;
    const child = join(path, entry.name);
    if (entry.isDirectory()) found.push(...(await walk(child, skip)));
    else found.push(child);
  }
  return found;
};

/** Where everything a build writes lies; never part of what it is made from. */
const BUILD_OUTPUT: ReadonlySet<string> = new Set(['node_modules', 'dist', 'target', 'assets', 'generated', '.cache', '.turbo']);

/** One digest over names and contents of all files below the given paths (from `base`); tests make no product. */
export const hashTree = async (base: string, paths: readonly string[]): Promise<string> => {
  const hash = createHash('sha256');
  for (const path of paths) {
    for (const file of await walk(join(base, path), BUILD_OUTPUT)) {
      if (file.endsWith('.test.ts')) continue;
      hash.update(file.slice(base.length)).update('\0');
      hash.update(sha256(await readFile(file))).update('\0');
    }
  }
  return hash.digest('hex');
};
