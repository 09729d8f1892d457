import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { Cli } from '../cli.js';

/** Tells what a file descriptor reads from: `stream` is a pipe, a socket or a file; `nothing` is /dev/null, or what cannot be read. */
export const stdinKind = (fd: number): Cli['stdinKind'] => {
  if (isatty(fd)) return 'terminal';
  try {
    // With bigints: of a pipe, the other form makes Node.js 20 take symbolic links for what they are not in every import that follows.
    const stat = fstatSync(fd, { bigint: true });
    return stat.isFIFO() || stat.isSocket() || stat.isFile() ? 'stream' : 'nothing';
  } catch {
    return 'nothing';
  }
};
