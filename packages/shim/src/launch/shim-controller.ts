import { shimProgram } from '../assets.js';
import { removeLeftCgroups } from '../cgroup/vm-cgroup.js';
import { qemuEngine } from '../engine/qemu/qemu-engine.js';
import { clearRemains } from '../vm/clear-remains.js';
import { readLastWords } from '../vm/log-tail.js';
import type { Vm } from '../vm/vm.js';
import type { VmRecord } from '../vm/vm-record.js';
import { adoptReachableVm } from './adopt-vm.js';
import { launchVm, type LaunchOptions } from './launch-vm.js';
import { endLeftEngine } from './left-engine.js';
import type { VmSpec } from './vm-spec.js';

/** Starts VMs in their jail, and finds running ones again. */
export const ShimController = {
  /**
   * Starts a VM; resolves when its engine answers, while the guest is booting. When it fails nothing is left running.
   * An attached VM ends with the thread that called this, however that one ends.
   * @throws BoxliteError InvalidArgument for a bad spec; UnsupportedEngine when engine or shim are missing or do not fit;
   * ResourceExhausted when the host lacks memory, disk or descriptors; Storage for a disk that cannot be used; Engine otherwise. AbortError.
   */
  launch: (spec: VmSpec, options: LaunchOptions = {}): Promise<Vm> => launchVm(spec, qemuEngine, shimProgram(), options),

  /**
   * Takes over a VM by its record. Undefined when it has ended, or the pid is another process's by now. One that cannot be reached any more is
   * ended.
   */
  adopt: (record: VmRecord): Promise<Vm | undefined> => adoptReachableVm(record, qemuEngine),

  /**
   * Ends the VM that was launched detached in a directory and that no record tells of, as its launcher was killed before it wrote one.
   * @returns its process id; undefined when there is none.
   */
  endLeft: (directory: string): Promise<number | undefined> => endLeftEngine(directory),

  /**
   * Removes what a VM that has ended left in its directory, for when nobody saw it end. Idempotent; logs stay.
   * @throws an error of the file system.
   */
  clearRemains,

  /** What a VM that nobody saw end said last, the last 4 KiB of the engine and of the guest's console; empty where it said nothing. */
  lastWords: readLastWords,

  /**
   * Removes what VMs whose owner was killed have left on the host outside of their directories, which were in these. To be called before any is
   * launched there again.
   */
  removeLeft: (directories: readonly string[]): Promise<void> => removeLeftCgroups(directories),
};
