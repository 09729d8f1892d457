import { isAbsolute } from 'node:path';
import { BoxliteError } from '@boxlite/shared';
import type { MachineSpec, Share } from '../engine/engine.js';
import type { LayerWishes } from '../jail/policy.js';

/** A VM to launch. All paths are absolute. */
export interface VmSpec extends MachineSpec {
  /** The Box's directory; sockets and logs are made in it. */
  directory: string;
  /** Whether the VM lives on when this process ends. */
  detach: boolean;
  /** Whether the VM gives way to all others, as one that nobody waits for does. @defaultValue false */
  background?: boolean | undefined;
  /** What is asked of the layers of its jail. @defaultValue all that the host offers */
  jail?: LayerWishes | undefined;
}

const MAX_CPUS = 255;
const MIN_MEMORY_MIB = 64;
const MAX_MEMORY_MIB = 1024 * 1024;
/** Bytes that a disk that is given later seems to have. */
const MAX_DISK_BYTES = 2 ** 46;
/** Slots of the PCI bus between the portal's and the share's. */
const MAX_DISKS = 26;
/** Directories and files of the host in a share. */
const MAX_MOUNTS = 256;
/** `uid_t` without the one that means none. */
const MAX_ID = 2 ** 32 - 2;

/** @throws BoxliteError InvalidArgument naming the field. */
export const checkVmSpec = (spec: VmSpec): void => {
  const { cpus, memoryMib, disks } = spec;
  checkInteger('cpus', cpus, 1, MAX_CPUS);
  checkInteger('memoryMib', memoryMib, MIN_MEMORY_MIB, MAX_MEMORY_MIB);
  if (disks.length > MAX_DISKS) throw invalid(`a VM has at most ${String(MAX_DISKS)} disks, not ${String(disks.length)}`);
  for (const [field, path] of [
    ['directory', spec.directory],
    ['kernel', spec.kernel],
    ['initramfs', spec.initramfs],
    ...(spec.memory.kind === 'file' ? [['memory', spec.memory.path] as const] : []),
    ...(spec.state === undefined ? [] : [['state', spec.state] as const]),
    ...(spec.share?.mounts ?? []).map(({ source }) => ['the source of a mount', source] as const),
    ...disks.flatMap(({ layers }) => layers.map((layer) => ['disk', layer.path] as const)),
  ] as const) {
    if (!isAbsolute(path) || path.includes('\0')) throw invalid(`${field} must be an absolute path, not ${JSON.stringify(path)}`);
  }
  const ids = disks.flatMap(({ layers }) => layers.map(({ id }) => id));
  const bad = ids.find((id, index) => !/^[a-z0-9]{1,24}$/.test(id) || ids.indexOf(id) !== index);
  if (bad !== undefined) throw invalid(`the disk layer's id ${JSON.stringify(bad)} is none, or used twice`);
  if (spec.share !== undefined) checkShare(spec.share);
  for (const { sizeBytes } of disks) checkInteger('disk size', sizeBytes, 0, MAX_DISK_BYTES);
};

const checkShare = ({ mounts, owner }: Share): void => {
  if (mounts.length > MAX_MOUNTS)
    throw invalid(`a VM has at most ${String(MAX_MOUNTS)} directories of the host, not ${String(mounts.length)}`);
  const names = mounts.map(({ name }) => name);
  const bad = names.find((name, index) => !/^[a-z0-9]{1,24}$/.test(name) || names.indexOf(name) !== index);
  if (bad !== undefined) throw invalid(`the mount's name ${JSON.stringify(bad)} is none, or used twice`);
  checkInteger('owner.user', owner.user, 0, MAX_ID);
  checkInteger('owner.group', owner.group, 0, MAX_ID);
};

const checkInteger = (field: string, value: number, lowest: number, highest: number): void => {
  if (Number.isInteger(value) && value >= lowest && value <= highest) return;
  throw invalid(`${field} must be a whole number from ${String(lowest)} to ${String(highest)}, not ${String(value)}`);
};

const invalid = (message: string): BoxliteError => new BoxliteError('InvalidArgument', message);
