import { constants } from 'node:os';
import { ProcessWatch } from '@boxlite/vmm';
import type { VmProcess } from './vm-process.js';

/** An engine that another process started. */
export class AdoptedVmProcess implements VmProcess {
  readonly exited: VmProcess['exited'];

  private constructor(
    private readonly watch: ProcessWatch,
    readonly pid: number,
  ) {
    this.exited = watch.exited.then(() => ({ code: null, signal: null }));
  }

  /** Undefined when the process is gone, or the pid is another one's by now. */
  static open(pid: number, startTime: bigint): AdoptedVmProcess | undefined {
    const watch = ProcessWatch.open(pid, startTime);
    return watch === undefined ? undefined : new AdoptedVmProcess(watch, pid);
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
