import { constants } from 'node:os';
import { ProcessWatch } from '@boxlite/vmm';
import { removeCgroups } from '../cgroup/vm-cgroup.js';
import type { VmProcess } from './vm-process.js';

export interface ProcessTraits {
  /** Whether this process is its parent: how it ended is known then. */
  child: boolean;
  /** The cgroups that are its own: they go with it. */
  cgroups: readonly string[];
}

/** An engine's process, held by a pidfd: whoever started it. */
export class WatchedVmProcess implements VmProcess {
  readonly exited: VmProcess['exited'];

  private constructor(
    private readonly watch: ProcessWatch,
    readonly pid: number,
    cgroups: readonly string[],
  ) {
    this.exited = watch.exited.then(async (how) => {
      await removeCgroups(cgroups);
      return how;
    });
  }

  /** Undefined when the process is gone, or the pid is another one's by now. */
  static open(pid: number, startTime: bigint, { child, cgroups }: ProcessTraits): WatchedVmProcess | undefined {
    const watch = ProcessWatch.open(pid, startTime, { child });
    return watch === undefined ? undefined : new WatchedVmProcess(watch, pid, cgroups);
  }

  kill(signal: 'SIGKILL'): void {
    this.watch.ref();
    this.watch.kill(constants.signals[signal]);
  }

  ref(): void {
    this.watch.ref();
  }

  unref(): void {
    this.watch.unref();
  }

  release(): void {
    this.watch.close();
  }
}
