import { constants } from 'node:os';
import { ProcessWatch } from '@boxlite/vmm';
import type { VmProcess } from './vm-process.js';

/** An engine's process, held by a pidfd: whoever started it. */
export class WatchedVmProcess implements VmProcess {
  readonly exited: VmProcess['exited'];

  private constructor(
    private readonly watch: ProcessWatch,
    readonly pid: number,
  ) {
    this.exited = watch.exited;
  }

  /**
   * Undefined when the process is gone, or the pid is another one's by now.
   * @param child Whether this process is its parent: how it ended is known then.
   */
  static open(pid: number, startTime: bigint, child: boolean): WatchedVmProcess | undefined {
    const watch = ProcessWatch.open(pid, startTime, { child });
    return watch === undefined ? undefined : new WatchedVmProcess(watch, pid);
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
