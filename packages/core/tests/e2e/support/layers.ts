import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The files of all disks of a home. */
export const layersOf = async (home: string): Promise<string[]> => (await readdir(join(home, 'disks'))).toSorted();

/** Those that no Box and no snapshot is made of. */
export const unnamedLayers = async (home: string): Promise<string[]> => {
  const boxes = join(home, 'boxes');
  const named = new Set<string>();
  for (const file of await readdir(boxes, { recursive: true })) {
    if (!/(^|\/)(state|snapshot)\.json$/.test(file)) continue;
    const { disk } = JSON.parse(await readFile(join(boxes, file), 'utf8')) as { disk: { id: string; format: string }[] | null };
    for (const { id, format } of disk ?? []) named.add(`${id}.${format}`);
  }
  return (await layersOf(home)).filter((layer) => !named.has(layer));
};
