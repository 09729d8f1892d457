import { createHash } from 'node:crypto';
import { readdir, rmdir, stat, statfs } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { MachineSpec } from '../engine/engine.js';
import type { VmSpec } from '../launch/vm-spec.js';
import { type Hierarchies, ownHierarchies } from './hierarchies.js';

/** What a VM's process may take of its host, and where that is said. `native/shim/src/cgroup` makes it. */
export interface CgroupPlan extends Hierarchies {
  name: string;
  limits: {
    /** Bytes; null: any. As much again of swap. */
    memoryBytes: number | null;
    /** Processes and threads. */
    tasks: number;
    /** Whole processors' time. */
    cpus: number;
  };
}

const MIB = 2 ** 20;
/** Of a VMM beside its guest's memory: its code, tables, buffers and threads; 40 to 90 MiB were seen. */
const OVERHEAD_MIB = 256;
/** The most that an emulated guest's translated code takes (engine/qemu/translation-cache.ts). */
const TRANSLATIONS_MIB = 256;
/** QEMU's threads beside the virtual CPUs: at most 64 that do its files' work, and a few of its own. */
const OTHER_TASKS = 128;
/** For what works beside the virtual CPUs. */
const OTHER_CPUS = 1;

/** File systems that keep files in memory (statfs(2)): tmpfs and ramfs. */
const IN_MEMORY = new Set([0x01021994, 0x858458f6]);

const PREFIX = 'boxlite-';

const VM_NAME = new RegExp(`^${PREFIX}[0-9a-f]{12}-`);

/** Names of the VMs of one directory begin alike. */
const prefix = (parent: string): string => `${PREFIX}${createHash('sha256').update(parent).digest('hex').slice(0, 12)}-`;

/**
 * The cgroup of a machine, named after its directory: that of its Box, or of the VM that a Box will take.
 * @param inMemory Whether what it writes to files is memory of the host, which would count as the VMM's own: there is no limit of memory then.
 */
export const cgroupPlan = (
  { directory, cpus, memoryMib, accelerator }: Pick<VmSpec, 'directory' | 'cpus' | 'memoryMib' | 'accelerator'>,
  inMemory: boolean,
): CgroupPlan => ({
  ...ownHierarchies(),
  name: `${prefix(dirname(directory))}${basename(directory)}`,
  limits: {
    memoryBytes: inMemory ? null : (memoryMib + OVERHEAD_MIB + (accelerator === 'tcg' ? TRANSLATIONS_MIB : 0)) * MIB,
    tasks: cpus + OTHER_TASKS,
    cpus: cpus + OTHER_CPUS,
  },
});

/** Whether a machine writes to files that are in its host's memory. */
export const writesToMemory = async ({
  directory,
  disks,
  share,
}: Pick<MachineSpec, 'disks' | 'share'> & { directory: string }): Promise<boolean> => {
  const layers = disks.filter(({ readOnly }) => !readOnly).flatMap(({ layers }) => layers.slice(-1).map(({ path }) => dirname(path)));
  const shared = (share?.mounts ?? []).filter(({ readOnly }) => !readOnly).map(({ source }) => source);
  const kinds = await Promise.all([...new Set([directory, ...layers, ...shared])].map((path) => statfs(path).catch(() => undefined)));
  return kinds.some((kind) => kind !== undefined && IN_MEMORY.has(kind.type));
};

/** Whether a path of a record can be that of a cgroup that was made here. */
export const isCgroupPath = (path: unknown): path is string =>
  typeof path === 'string' && isAbsolute(path) && basename(path).startsWith(PREFIX);

/** Removes cgroups whose process is gone. One that has a process stays, as does what is none. */
export const removeCgroups = async (paths: readonly string[]): Promise<void> => {
  await Promise.all(paths.map((path) => rmdir(path).catch(() => undefined)));
};

/** A group without a process is a moment of a VM's start, or of its end. One that is older was left behind. */
const LONGEST_MOMENT_MS = 10 * 60_000;

const isOld = async (path: string): Promise<boolean> => {
  const made = await stat(path).catch(() => undefined);
  return made !== undefined && Date.now() - made.mtimeMs > LONGEST_MOMENT_MS;
};

/**
 * Removes what was left of VMs whose owner was killed: those of VMs whose directories were in these; not to be called while one of them is
 * started. And those of homes that may be gone altogether, which nobody opens again, when they have been without a process for long.
 * Where this process may not look, it has left nothing either.
 */
export const removeLeftCgroups = async (directories: readonly string[]): Promise<void> => {
  const { hierarchies, unified } = ownHierarchies();
  // A group that was divided is above the one that its processes were moved to.
  const parents = new Set([...Object.values(hierarchies), ...(unified === null ? [] : [unified, dirname(unified)])]);
  const prefixes = directories.map(prefix);
  for (const parent of parents) {
    const names = (await readdir(parent).catch(() => [])).filter((name) => VM_NAME.test(name));
    const isOwn = (name: string): boolean => prefixes.some((each) => name.startsWith(each));
    await removeCgroups(names.filter(isOwn).map((name) => join(parent, name)));
    const others = names.filter((name) => !isOwn(name)).map((name) => join(parent, name));
    const old = await Promise.all(others.map(isOld));
    await removeCgroups(others.filter((_, index) => old[index]));
  }
};
