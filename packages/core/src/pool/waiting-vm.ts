import type { GuestImage } from '@boxlite/agent';
import type { BoxLayout } from '@boxlite/shared';
import type { Disk, Vm } from '@boxlite/shim';
import { type MachineShape, placeholderDisk } from '../machine/machine-shape.js';
import { launchWaiting } from '../machine/restore-vm.js';
import type { SavedMachine } from '../machine/saved-machine.js';
import { together } from '../together.js';
import type { Stocked } from './stock.js';
import { StandbyPlace } from './standby-place.js';

export interface WaitingRequest {
  saved: SavedMachine;
  shape: MachineShape;
  guest: GuestImage;
  /** The largest writable disk that the VM can be given. */
  diskSizeMib: number;
  /** The home's directory for such VMs. */
  standby: string;
}

/** A VM that waits for a state that is known, and for disks that are not. */
export class WaitingVm implements Stocked {
  readonly gone: Promise<string>;

  private constructor(
    readonly vm: Vm,
    readonly place: StandbyPlace,
  ) {
    this.gone = vm.exited.then(({ engineTail }) => `the VM ended by itself${engineTail === '' ? '' : `: ${engineTail}`}`);
  }

  static async launch({ saved, shape, guest, diskSizeMib, standby }: WaitingRequest, signal: AbortSignal): Promise<WaitingVm> {
    const place = await StandbyPlace.make(standby, saved.memory);
    try {
      const disks = [placeholderDisk(true, 0), placeholderDisk(false, diskSizeMib)];
      const own = { ...saved, memory: place.memory };
      const vm = await launchWaiting({ saved: own, shape, guest, disks, place: { directory: place.directory, detach: false } }, { signal });
      return new WaitingVm(vm, place);
    } catch (error) {
      await place.remove();
      throw error;
    }
  }

  /** Makes it a Box's VM: in the Box's directory, with the Box's disks. */
  async become(layout: BoxLayout, disks: readonly Disk[]): Promise<Vm> {
    const { vm, place } = this;
    await together([place.moveTo(vm, layout), giveDisks(vm, disks)]);
    await place.remove();
    return vm;
  }

  async end(): Promise<void> {
    await this.vm.kill();
    await this.place.remove();
  }
}

/** Puts disks into all slots of a VM. */
export const giveDisks = async (vm: Vm, disks: readonly Disk[]): Promise<void> => {
  await together(disks.map((disk, slot) => vm.exchangeDisk(slot, disk)));
};
