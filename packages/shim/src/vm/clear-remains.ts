import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CONTROL_SOCKET, PID_FILE, PORTAL_SOCKET, VM_FILES } from '../engine/files.js';

/**
 * Removes what an engine that has ended leaves in a Box's directory and nobody needs: its sockets, the name of its process, and its links to
 * files, which keep what others have deleted. Idempotent; the logs stay.
 */
export const clearRemains = async (directory: string): Promise<void> => {
  const remains = [VM_FILES, CONTROL_SOCKET, PORTAL_SOCKET, PID_FILE];
  await Promise.all(remains.map((name) => rm(join(directory, name), { recursive: true, force: true })));
};
