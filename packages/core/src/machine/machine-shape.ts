import type { Accelerator, Disk, MachineSpec, Share, VmSpec } from '@boxlite/shim';
import type { GuestImage } from '@boxlite/agent';

/** What the VMs of Boxes differ in, apart from their content. */
export interface MachineShape {
  cpus: number;
  /** MiB. */
  memoryMib: number;
  accelerator: Accelerator;
  /** What volumes need of it; undefined for none. */
  volumes?: VolumeShape | undefined;
}

/** The devices of volumes. */
export interface VolumeShape {
  /** Whether the guest can have directories of the host. */
  share: boolean;
  /** How many disks follow the Box's own. */
  disks: number;
}

/** The order of a VM's disks. */
export const IMAGE_SLOT = 0;
export const DISK_SLOT = 1;

/** The disk that stands for one that is given later. `sizeMib`: the largest that may be given. */
export const placeholderDisk = (readOnly: boolean, sizeMib: number): Disk => ({ layers: [], readOnly, sizeBytes: sizeMib * 2 ** 20 });

/** The disks of a VM whose Box is not known: root image, writable disk, and those of volumes. */
export const placeholderDisks = ({ volumes }: MachineShape): Disk[] => [
  placeholderDisk(true, 0),
  ...Array.from({ length: 1 + (volumes?.disks ?? 0) }, () => placeholderDisk(false, 0)),
];

/** A share without anything in it, for a VM whose Box is not known. */
const EMPTY_SHARE: Share = { mounts: [], owner: { user: 0, group: 0 } };

/** The root image, which all Boxes of it share. */
export const imageDisk = (path: string): Disk => ({ layers: [{ id: 'image', path, format: 'raw' }], readOnly: true, sizeBytes: 0 });

/** A machine of this shape that boots. Its share is empty. */
export const machineSpec = (
  { cpus, memoryMib, accelerator, volumes }: MachineShape,
  { kernel, initramfs }: GuestImage,
  disks: readonly Disk[],
): MachineSpec => ({
  cpus,
  memoryMib,
  accelerator,
  kernel,
  initramfs,
  disks,
  memory: { kind: 'anonymous' },
  share: volumes?.share === true ? EMPTY_SHARE : undefined,
});

/** Where and how a VM is to run, and what it shares where that is not nothing. */
export type VmPlace = Pick<VmSpec, 'directory' | 'detach' | 'background' | 'share'>;
