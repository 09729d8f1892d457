import { BoxliteError } from '@boxlite/shared';
import type { DiskChain } from '../disks/disk-chain.js';
import type { MachineCapture } from '../machine/capture-machine.js';

/** What a Box was at one moment: what clones and snapshots are made of. Disposed of when nothing is made from it any more. */
export interface BoxCapture extends AsyncDisposable {
  /** Not written to any more. None for a Box that was never started. */
  disk: DiskChain | null;
  imageDigest: string | null;
  /** None for a Box without a VM. */
  machine: MachineCapture | undefined;
}

/** The refusal to take the memory of a Box that is not based on a template's. */
export const startedCold = (id: string): BoxliteError =>
  new BoxliteError(
    'InvalidState',
    `Box ${id} was started without a template, so its memory cannot be copied; stop it and start it again, or copy it while it is stopped`,
    { reason: 'started-cold' },
  );

/**
 * The refusal to take the memory of a Box that has volumes: a guest that goes on elsewhere, or at another time, would find other content
 * than it remembers.
 */
export const hasVolumes = (id: string): BoxliteError =>
  new BoxliteError('Unsupported', `Box ${id} has volumes, so its memory cannot be copied while it runs; stop it, and copy its disk`, {
    reason: 'has-volumes',
  });
