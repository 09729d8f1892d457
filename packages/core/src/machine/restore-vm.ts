import type { GuestImage } from '@boxlite/agent';
import { type Disk, type LaunchOptions, ShimController, type Vm } from '@boxlite/shim';
import { type MachineShape, machineSpec, type VmPlace } from './machine-shape.js';
import type { SavedMachine } from './saved-machine.js';

export interface RestoreRequest {
  saved: SavedMachine;
  shape: MachineShape;
  guest: GuestImage;
  disks: readonly Disk[];
  place: VmPlace;
}

/**
 * Starts a VM that waits for its saved state: all that does not need the state is done.
 * @throws BoxliteError as `ShimController.launch`.
 */
export const launchWaiting = ({ saved, shape, guest, disks, place }: RestoreRequest, options: LaunchOptions): Promise<Vm> =>
  ShimController.launch(
    {
      ...machineSpec(shape, guest, disks),
      memory: { kind: 'file', path: saved.memory, shared: false },
      state: saved.devices,
      ...place,
    },
    options,
  );

/** Brings the saved state into a VM that waits for it; the guest is paused then. The VM is ended when that fails. */
export const loadState = async (vm: Vm, { memory, changes }: SavedMachine): Promise<void> => {
  try {
    await changes?.apply({ pid: vm.record.pid, ram: memory });
    await vm.restore();
  } catch (error) {
    await vm.kill();
    throw error;
  }
};
