import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** What of the host a VM's process can be limited in. */
export const CONTROLLERS = ['memory', 'pids', 'cpu'] as const;
export type Controller = (typeof CONTROLLERS)[number];

/** Where this process is in the host's cgroups, as directories. */
export interface Hierarchies {
  /** Of version 1, one for each controller. */
  hierarchies: Readonly<Partial<Record<Controller, string>>>;
  /** Of version 2; null where there is none. */
  unified: string | null;
}

/**
 * Reads a process's place from its `/proc/PID/cgroup` (cgroups(7)) and `/proc/PID/mountinfo` (proc(5)). What is not mounted, or lies outside of
 * what is, is left out.
 */
export const parseHierarchies = (cgroup: string, mountinfo: string): Hierarchies => {
  const mounts = mountinfo.split('\n').flatMap((line) => parseMount(line) ?? []);
  const hierarchies: Partial<Record<Controller, string>> = {};
  let unified: string | null = null;
  for (const line of cgroup.split('\n')) {
    const [id, names, path] = /^(\d+):([^:]*):(\/.*)$/.exec(line)?.slice(1) ?? [];
    if (names === undefined || path === undefined) continue;
    if (id === '0' && names === '') unified = directory(mounts, path, ({ type }) => type === 'cgroup2');
    for (const name of CONTROLLERS) {
      if (!names.split(',').includes(name)) continue;
      const found = directory(mounts, path, ({ type, options }) => type === 'cgroup' && options.includes(name));
      if (found !== null) hierarchies[name] = found;
    }
  }
  return { hierarchies, unified };
};

/** Those of this process. */
export const ownHierarchies = (): Hierarchies => {
  try {
    return parseHierarchies(readFileSync('/proc/self/cgroup', 'utf8'), readFileSync('/proc/self/mountinfo', 'utf8'));
  } catch {
    return { hierarchies: {}, unified: null };
  }
};

interface Mount {
  /** What of the hierarchy is mounted. */
  root: string;
  at: string;
  type: string;
  options: readonly string[];
}

const parseMount = (line: string): Mount | undefined => {
  const [before, after] = line.split(' - ');
  const [, , , root, at] = before?.split(' ') ?? [];
  const [type, , options] = after?.split(' ') ?? [];
  if (root === undefined || at === undefined || type === undefined || !type.startsWith('cgroup')) return undefined;
  return { root: unescape(root), at: unescape(at), type, options: options?.split(',') ?? [] };
};

/** Spaces and their like are octal there. */
const unescape = (text: string): string => text.replace(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8)));

const directory = (mounts: readonly Mount[], path: string, fits: (mount: Mount) => boolean): string | null => {
  for (const mount of mounts.filter(fits)) {
    const inside = relative(mount.root, path);
    if (!inside.startsWith('..')) return join(mount.at, inside);
  }
  return null;
};
