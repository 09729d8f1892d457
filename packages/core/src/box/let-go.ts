import { errorMessage } from '@boxlite/shared';
import type { DiskChain } from '../disks/disk-chain.js';
import type { BoxHost } from './box-host.js';

/** Ends a hold of layers. Those that nobody is made of are removed; if that fails, the next runtime does it. */
export const letGo = async (host: BoxHost, disk: DiskChain): Promise<void> => {
  host.disks.settle(disk);
  try {
    await host.releaseDisk(disk);
  } catch (error) {
    host.log.warn('layers of a disk could not be removed', { error: errorMessage(error) });
  }
};
