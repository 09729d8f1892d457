import { randomBytes } from 'node:crypto';
import { link, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BoxLayout } from '@boxlite/shared';
import type { Vm } from '@boxlite/shim';
import { makeDirectories } from '../state/make-directories.js';
import { onDisk } from '../state/storage-error.js';

/** The directory of a VM that has no Box yet, in the home's `standby`. */
export class StandbyPlace {
  private constructor(readonly directory: string) {}

  /** @param memory The file that the VM is to map: it is kept for the VM, whatever becomes of the template that it is of. */
  static async make(standby: string, memory: string): Promise<StandbyPlace> {
    const place = new StandbyPlace(join(standby, randomBytes(6).toString('hex')));
    await onDisk('making a place for a VM', async () => {
      await makeDirectories(place.directory);
      try {
        await link(memory, place.memory);
      } catch (error) {
        await place.remove();
        throw error;
      }
    });
    return place;
  }

  /** Removes what an earlier runtime left, whose VMs have ended with it; returns the paths. */
  static async removeAll(standby: string): Promise<string[]> {
    return onDisk(`cleaning ${standby}`, async () => {
      await makeDirectories(standby);
      const left = (await readdir(standby)).map((name) => join(standby, name));
      for (const path of left) await rm(path, { recursive: true, force: true });
      return left;
    });
  }

  get memory(): string {
    return join(this.directory, 'memory');
  }

  /** The writable disk of a container that is set up and removed again. */
  get disk(): string {
    return join(this.directory, 'disk.raw');
  }

  /** Makes the VM's sockets, logs and memory those of a Box. What is left of the place is to be removed then. */
  async moveTo(vm: Vm, layout: BoxLayout): Promise<void> {
    await Promise.all([vm.moveTo(layout.root), onDisk("moving a VM's memory", () => rename(this.memory, layout.memory))]);
  }

  async remove(): Promise<void> {
    await onDisk('removing the place of a VM', () => rm(this.directory, { recursive: true, force: true }));
  }
}
