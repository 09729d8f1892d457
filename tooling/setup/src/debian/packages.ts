import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../command.js';
import { withLock } from '../lock.js';
import { log } from '../log.js';
import { cache } from '../paths.js';
import { closure, download, ensureLists, type Package, updateLists } from './apt.js';

const archives = join(cache, 'debian/archives');
const incoming = join(cache, 'debian/incoming');

/** How many packages are asked for at once; those that came stay when a later group is interrupted. */
const GROUP = 16;

/** A package on this disk, checked by apt when it came. */
export interface FetchedPackage extends Package {
  file: string;
}

/** `name_version_arch.deb` as apt names it, without the architecture. */
const prefix = ({ name, version }: Package): string => `${name}_${version.replace(':', '%3a')}_`;

/** Steps fetch one after another: apt refuses to work twice in its directories, and one download fills the line. */
let queue: Promise<unknown> = Promise.resolve();

const fetchMissing = async (wanted: readonly Package[], why: string): Promise<FetchedPackage[]> => {
  await mkdir(archives, { recursive: true });
  const present = await readdir(archives);
  const missing = wanted.filter((item) => !present.some((file) => file.startsWith(prefix(item))));
  if (missing.length > 0) log(`fetching ${why}: ${String(missing.length)} packages from Debian's mirror`);
  for (let at = 0; at < missing.length; at += GROUP) {
    await rm(incoming, { recursive: true, force: true });
    await mkdir(incoming);
    await download(missing.slice(at, at + GROUP), incoming);
    for (const file of await readdir(incoming)) await rename(join(incoming, file), join(archives, file));
  }
  const now = await readdir(archives);
  return wanted.map((item) => {
    const file = now.find((name) => name.startsWith(prefix(item)));
    if (file === undefined) throw new Error(`apt did not bring ${item.name} ${item.version}`);
    return { ...item, file: join(archives, file) };
  });
};

/**
 * Fetches a Debian package and those of its dependencies that `keep` accepts; what is in the cache is not fetched again.
 * Lists that have become old (the mirror drops superseded versions) are read anew, once.
 */
export const fetchPackages = (name: string, keep: (name: string) => boolean, why: string): Promise<FetchedPackage[]> => {
  const work = async (): Promise<FetchedPackage[]> => {
    const wanted = async () => (await closure(name)).filter((item) => keep(item.name));
    await ensureLists();
    try {
      return await fetchMissing(await wanted(), why);
    } catch (error) {
      log(`${why}: ${String(error).split('\n').slice(0, 2).join(' ')}; reading the package lists anew`);
      await updateLists();
      return await fetchMissing(await wanted(), why);
    }
  };
  // Other checkouts use the same cache.
  const result = queue.then(() => withLock(join(cache, 'debian.lock'), work));
  queue = result.catch(() => undefined);
  return result;
};

/** Unpacks packages into one directory. */
export const unpackPackages = async (packages: readonly FetchedPackage[], into: string): Promise<void> => {
  await mkdir(into, { recursive: true });
  for (const { file } of packages) await run('dpkg-deb', ['-x', file, into]);
};
