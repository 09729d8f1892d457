import { isAbsolute } from 'node:path';
import { BoxliteError } from '@boxlite/shared';
import type { MachineSpec } from '../engine/engine.js';

/** A VM to launch. All paths are absolute. */
export interface VmSpec extends MachineSpec {
  /** The Box's directory; sockets and logs are made in it. */
  directory: string;
  /** Whether the VM lives on when this process ends. */
  detach: boolean;
}

const MAX_CPUS = 255;
const MIN_MEMORY_MIB = 64;
const MAX_MEMORY_MIB = 1024 * 1024;
/** Slots of the PCI bus between the portal's and the entropy device's. */
const MAX_DISKS = 28;

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
    ...disks.map((disk) => ['disk', disk.path] as const),
  ] as const) {
    if (!isAbsolute(path) || path.includes('\0')) throw invalid(`${field} must be an absolute path, not ${JSON.stringify(path)}`);
  }
};

const checkInteger = (field: string, value: number, lowest: number, highest: number): void => {
  if (Number.isInteger(value) && value >= lowest && value <= highest) return;
  throw invalid(`${field} must be a whole number from ${String(lowest)} to ${String(highest)}, not ${String(value)}`);
};

const invalid = (message: string): BoxliteError => new BoxliteError('InvalidArgument', message);
