import { isAbsolute } from 'node:path';
import type { Accelerator } from '../engine/engine.js';
import type { JailReport } from '../jail/jail-report.js';

/** What finds a running VM again, from another process too. Plain data. */
export interface VmRecord {
  pid: number;
  /** When the process started, in clock ticks since boot, decimal: a pid alone may be another process's by now. */
  startTime: string;
  /** The Box's directory, with the VM's sockets and logs. */
  directory: string;
  accelerator: Accelerator;
  /** What holds its process. */
  jail: JailReport;
}

/** A record comes from a file: false for what cannot be one. */
export const isVmRecord = (value: VmRecord): boolean =>
  Number.isSafeInteger(value.pid) && value.pid > 0 && /^\d{1,20}$/.test(value.startTime) && isAbsolute(value.directory);
