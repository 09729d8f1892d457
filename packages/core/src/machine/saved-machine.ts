import type { MemoryChanges } from '@boxlite/vmm';

/** What a VM is restored from. Paths are absolute; nothing of it is changed by the VM. */
export interface SavedMachine {
  /** The whole memory of a guest, mapped by all VMs that are restored from it. */
  memory: string;
  /** The state of the machine's devices. */
  devices: string;
  /** What differs from the file `memory`. */
  changes?: MemoryChanges | undefined;
}
