import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place } from '../place/place.js';

/** Names of what is being made, or removed. */
const UNFINISHED = /\.tmp$|\.new$|\.making|\.removing|\.building/;
/** What was pulled of a blob, kept so that the next pull goes on from there. */
const PARTIAL = /^[0-9a-f]{64}\.partial$/;

/** Where file systems are mounted, as this process sees them. */
export const mounts = (): Set<string> =>
  new Set(
    readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .map((line) => `mount ${line.split(' ')[4] ?? ''}`),
  );

const CONTROL_GROUP_DEPTH = 6;

/** The control groups that are named after one of the Boxes; there are others', too. */
const controlGroups = (ids: ReadonlySet<string>, directory = '/sys/fs/cgroup', depth = CONTROL_GROUP_DEPTH): string[] => {
  if (depth === 0) return [];
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) => {
        const path = join(directory, name);
        const isOurs = name.split(/[^0-9a-f]/).some((part) => ids.has(part));
        return [...(isOurs ? [`cgroup ${path}`] : []), ...controlGroups(ids, path, depth - 1)];
      });
  } catch {
    return [];
  }
};

/** What nothing needs any more when no process has the home, and no Box runs. */
export const leftBehind = async (
  { home, temporary }: Place,
  mountedBefore: ReadonlySet<string>,
  ids: ReadonlySet<string>,
): Promise<string[]> => {
  const entries = await readdir(home, { recursive: true, withFileTypes: true });
  const named = new Set<string>();
  const left: string[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (UNFINISHED.test(entry.name)) left.push(`unfinished: ${path}`);
    else if (entry.isSocket()) left.push(`socket: ${path}`);
    else if (!entry.isFile() && !entry.isDirectory()) left.push(`no plain file: ${path}`);
    if (entry.name !== 'state.json' && entry.name !== 'snapshot.json') continue;
    const { disk } = JSON.parse(await readFile(path, 'utf8')) as { disk: { id: string; format: string }[] | null };
    for (const { id, format } of disk ?? []) named.add(`${id}.${format}`);
  }
  const layers = await readdir(join(home, 'disks'));
  left.push(...layers.filter((layer) => !named.has(layer)).map((layer) => `a layer that nothing is made of: ${layer}`));
  for (const layer of named) if (!layers.includes(layer)) left.push(`a layer that something is made of is gone: ${layer}`);
  for (const directory of ['images/tmp', 'standby']) {
    const names = await readdir(join(home, directory)).catch(() => []);
    left.push(...names.filter((name) => !PARTIAL.test(name)).map((name) => `${directory}/${name}`));
  }
  left.push(...(await readdir(temporary)).map((name) => `temporary: ${name}`));
  const sockets = readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .filter((line) => line.includes(home));
  left.push(...sockets.map((line) => `socket in use: ${line}`));
  left.push(...[...mounts()].filter((one) => !mountedBefore.has(one)), ...controlGroups(ids));
  return left;
};
