import type { GuestImage } from '@boxlite/agent';
import type { Disk, LaunchOptions, Vm } from '@boxlite/shim';
import { launchMachine } from './launch-machine.js';
import { type MachineShape, machineSpec, type VmPlace } from './machine-shape.js';
import type { SavedMachine } from './saved-machine.js';
import { vmDied } from './vm-died.js';

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
  launchMachine(
    {
      ...machineSpec(shape, guest, disks),
      memory: { kind: 'file', path: saved.memory, shared: false },
      state: saved.devices,
      ...place,
    },
    options,
  );

/**
 * Brings the saved state into a VM that waits for it; the guest is paused then. The VM is ended when that fails.
 * @throws BoxliteError `Engine`: reason `restore-failed` for a state that does not fit or is damaged; `vm-died` when a signal ended the VM.
 */
export const loadState = async (vm: Vm, { memory, changes }: SavedMachine): Promise<void> => {
  try {
    await changes?.apply({ pid: vm.record.pid, ram: memory });
    await vm.restore();
  } catch (error) {
    await vm.kill();
    const exit = await vm.exited;
    // Of its own doing: its end says more than that it has not answered.
    if (exit.signal !== null && exit.signal !== 'SIGKILL') throw vmDied('a saved state', 'while it was loaded', exit);
    throw error;
  }
};
