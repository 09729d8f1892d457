import { readFileSync, readlinkSync } from 'node:fs';

/**
 * The boot and the pid namespace of this process: within them a process id together with its start time names one process, in others some
 * stranger. Undefined where a host does not say. `native/shim/src/pid_file.rs` writes the same.
 */
export const pidScope = (): string | undefined => {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return undefined;
  }
};
