import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

export interface PublishedPackage {
  name: string;
  version: string;
  /** Absolute. */
  directory: string;
}

interface Manifest {
  name: string;
  version: string;
  private?: boolean;
}

/** Every package of the workspace that is published: what is not `private` in these folders. */
export const publishedPackages = async (): Promise<PublishedPackage[]> => {
  const found: PublishedPackage[] = [];
  for (const folder of ['platform', 'packages', 'apps']) {
    for (const entry of await readdir(join(root, folder))) {
      const directory = join(root, folder, entry);
      const text = await readFile(join(directory, 'package.json'), 'utf8').catch(() => undefined);
      if (text === undefined) continue;
      const { name, version, private: isPrivate } = JSON.parse(text) as Manifest;
      if (isPrivate !== true) found.push({ name, version, directory });
    }
  }
  return found;
};
