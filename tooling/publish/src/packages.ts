import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../../setup/src/paths.js';

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
