import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { BoxliteError, errnoCode } from '@boxlite/shared';
import { PID_FILE } from '../engine/files.js';
import { pidScope } from '../vm/pid-scope.js';
import { WatchedVmProcess } from '../vm/watched-vm-process.js';

const MAX_BYTES = 256;

const read = async (path: string): Promise<string> => {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } catch (error) {
    // A directory or a link in its place names no process either.
    if (['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP'].includes(errnoCode(error) ?? '')) return '';
    throw BoxliteError.from(error, 'Storage', `${path} cannot be read`);
  }
};

/**
 * Ends the engine that was launched detached in a directory, by whoever. It is found by what boxlite-shim wrote before the engine ran, so
 * also when who launched it was killed before it could record anything.
 * @returns its process id; undefined when there is none.
 * @throws BoxliteError Storage when the file cannot be read; Internal, reason `EPERM`, for another user's process.
 */
export const endLeftEngine = async (directory: string): Promise<number | undefined> => {
  const [, pid, startTime, scope] = /^(\d{1,10}) (\d{1,19}) (\S+)\n/.exec(await read(join(directory, PID_FILE))) ?? [];
  if (pid === undefined || startTime === undefined || scope !== pidScope()) return undefined;
  const process = WatchedVmProcess.open(Number(pid), BigInt(startTime), { child: false, cgroups: [] });
  if (process === undefined) return undefined;
  try {
    process.kill('SIGKILL');
    await process.exited;
    return process.pid;
  } finally {
    process.release();
  }
};
