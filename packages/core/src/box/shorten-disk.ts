import { errorMessage } from '@boxlite/shared';
import { type DiskChain, MANY_LAYERS } from '../disks/disk-chain.js';
import type { BoxBoot } from './boot-box.js';
import type { BoxHost } from './box-host.js';

/** Makes a disk of many layers one again, of a Box that does not run. What fails here can be done at the next stop. */
export const shortenDisk = async (host: BoxHost, boot: BoxBoot, id: string, disk: DiskChain | null): Promise<void> => {
  if (disk === null || disk.length <= MANY_LAYERS) return;
  try {
    const flat = await host.disks.flatten(disk);
    await boot.nameDisk(flat);
    await host.releaseDisk(disk);
  } catch (error) {
    host.log.warn("the layers of a Box's disk could not be made one", { box: id, error: errorMessage(error) });
  }
};
