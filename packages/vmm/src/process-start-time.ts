import { native } from './native.js';

/**
 * When a process started, in clock ticks since the host's boot (proc(5), `/proc/PID/stat`, field 22).
 * A process id together with this names one process for good. Undefined when there is no such process.
 */
export const processStartTime = (pid: number): bigint | undefined => {
  if (!Number.isInteger(pid) || pid < 1 || pid > 0x7fff_ffff) return undefined;
  return native().processStartTime(pid) ?? undefined;
};
