/** Names in the Box's directory that host and engine agree on. */
export const PORTAL_SOCKET = 'agent.sock';
export const CONTROL_SOCKET = 'qmp.sock';
export const CONSOLE_LOG = 'console.log';
export const ENGINE_LOG = 'engine.log';
/** Names the process of an engine that outlives its owner. */
export const PID_FILE = 'engine.pid';

/** The engine's working directory: all that it opens by name is in it, and it sees nothing else of the Box's directory. */
export const VM_FILES = 'vm';
/** In the working directory: where the share is mounted, for the engine alone. */
export const SHARE = 'volumes';
/** In the working directory: hard links to what the engine writes, and to what it only reads. */
const OWN = 'own';
const SHARED = 'shared';

/** A hard link in the engine's working directory. */
export interface FileLink {
  name: string;
  /** Absolute path of a file, on the file system of the Box's directory. */
  source: string;
  writable: boolean;
}

/** What the engine opens the link by. */
export const linkPath = ({ name, writable }: Pick<FileLink, 'name' | 'writable'>): string => `${writable ? OWN : SHARED}/${name}`;
