import type { ChildProcess } from 'node:child_process';
import type { VmProcess } from './vm-process.js';

/** An engine that this process started. */
export class ChildVmProcess implements VmProcess {
  readonly exited: VmProcess['exited'];

  constructor(
    private readonly child: ChildProcess,
    readonly pid: number,
  ) {
    // A signal that could not be sent; the exit tells whether the process ended all the same.
    child.on('error', () => undefined);
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        resolve({ code, signal });
      });
    });
  }

  kill(signal: 'SIGKILL'): void {
    this.child.ref();
    this.child.kill(signal);
  }

  ref(): void {
    this.child.ref();
  }

  unref(): void {
    this.child.unref();
  }

  release(): void {
    this.child.unref();
  }
}
