import type { AgentSession, VolumeMount } from '@boxlite/agent';
import { BoxliteError } from '@boxlite/shared';
import type { Disk, Share } from '@boxlite/shim';
import { DISK_SLOT, placeholderDisk, type VolumeShape } from '../machine/machine-shape.js';
import { type BoxVolume, isNamed } from './volume-options.js';
import type { VolumeStore } from './volume-store.js';

/** A Box's volumes, as its VM and its guest are given them. */
export interface StartVolumes {
  shape: VolumeShape;
  /** Of the host's directories and files; none without such volumes. */
  share: Share | undefined;
  /** Of the named volumes, and placeholders after them; they follow the Box's own disks. */
  disks: Disk[];
  /** In the order in which they are mounted. */
  mounts: VolumeMount[];
}

const MIB = 2 ** 20;

/** The machine has one of a few numbers of disks, so that templates are shared. */
const roundUp = (count: number): number => (count === 0 ? 0 : 2 ** Math.ceil(Math.log2(count)));

/**
 * Who the owner of this process is in the Box: its user, where that is given by number, and root otherwise. The files that the owner has on
 * the host are that user's there.
 */
export const shareOwner = (user: string | null): Share['owner'] => {
  const [, uid, gid] = /^(\d{1,9})(?::(\d{1,9}))?$/.exec(user ?? '') ?? [];
  return uid === undefined ? { user: 0, group: 0 } : { user: Number(uid), group: Number(gid ?? 0) };
};

/**
 * Undefined for a Box without volumes.
 * @param user the Box's, or its image's
 * @throws BoxliteError `NotFound` for a named volume whose files are gone.
 */
export const startVolumes = (volumes: readonly BoxVolume[], user: string | null, store: VolumeStore): StartVolumes | undefined => {
  if (volumes.length === 0) return undefined;
  const share: Share = { mounts: [], owner: shareOwner(user) };
  const disks: Disk[] = [];
  const mounts = volumes.map((volume): VolumeMount => {
    const { boxPath, readOnly } = volume;
    if (isNamed(volume)) {
      const record = store.find(volume.name);
      if (record === undefined)
        throw new BoxliteError('NotFound', `the volume '${volume.name}' is missing, or its volume.json cannot be read`);
      disks.push({ layers: [store.layer(volume.name, `volume${String(disks.length)}`)], readOnly, sizeBytes: record.sizeMib * MIB });
      return { source: { $case: 'disk', value: DISK_SLOT + disks.length }, boxPath, readOnly };
    }
    const name = String(share.mounts.length);
    share.mounts = [...share.mounts, { name, source: volume.hostPath, readOnly }];
    return { source: { $case: 'share', value: name }, boxPath, readOnly };
  });
  const shape = { share: share.mounts.length > 0, disks: roundUp(disks.length) };
  while (disks.length < shape.disks) disks.push(placeholderDisk(false, 0));
  return { shape, share: shape.share ? share : undefined, disks, mounts };
};

/** Mounts them in the container that is there. @throws BoxliteError; the VM is ended by whoever started it. */
export const mountVolumes = async ({ mounts }: StartVolumes, session: AgentSession, signal: AbortSignal): Promise<void> => {
  await session.mountVolumes(mounts, { signal });
};
