import type { DiskChain } from '../disks/disk-chain.js';
import type { SavedMachine } from '../machine/saved-machine.js';
import type { BoxController } from './box-controller.js';
import type { BoxHost } from './box-host.js';
import { letGo } from './let-go.js';

/** What clones are made from: a Box at one moment. Disposed of when nothing is made from it any more. */
export interface CloneSource extends AsyncDisposable {
  disk: DiskChain | null;
  imageDigest: string | null;
  saved: SavedMachine | undefined;
  origin: 'clone' | 'snapshot';
}

/** A Box as it is now, or as it was at a snapshot, which may be removed meanwhile. */
export const cloneSource = async (host: BoxHost, parent: BoxController, snapshot: string | undefined): Promise<CloneSource> => {
  if (snapshot === undefined) {
    const capture = await parent.capture();
    return { ...capture, saved: capture.machine?.saved, origin: 'clone' };
  }
  const record = parent.snapshots.get(snapshot);
  const { disk, imageDigest } = record;
  host.disks.hold(disk);
  try {
    const saved = await parent.snapshots.open(record, await parent.shape());
    const dispose = async (): Promise<void> => {
      saved?.[Symbol.dispose]();
      await letGo(host, disk);
    };
    return { disk, imageDigest, saved, origin: 'snapshot', [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await letGo(host, disk);
    throw error;
  }
};
