import { isAbsolute } from 'node:path';
import type { Accelerator } from '../engine/engine.js';
import type { JailReport } from '../jail/jail-report.js';
import { pidScope } from './pid-scope.js';

/** What finds a running VM again, from another process too. Plain data. */
export interface VmRecord {
  pid: number;
  /** When the process started, in clock ticks since boot, decimal: a pid alone may be another process's by now. */
  startTime: string;
  /** What both are of, see `pidScope`; undefined in records of earlier versions, and where a host does not say. */
  scope?: string | undefined;
  /** The Box's directory, with the VM's sockets and logs. */
  directory: string;
  accelerator: Accelerator;
  /** What holds its process. */
  jail: JailReport;
}

/** A record comes from a file, perhaps of another boot: false for what cannot be one, or names no process here. */
export const isVmRecord = (value: VmRecord): boolean =>
  (value.scope === undefined || value.scope === pidScope()) &&
  Number.isSafeInteger(value.pid) &&
  value.pid > 0 &&
  /^\d{1,20}$/.test(value.startTime) &&
  isAbsolute(value.directory);
