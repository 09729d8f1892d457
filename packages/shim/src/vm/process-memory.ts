import { readFile } from 'node:fs/promises';
import { BoxliteError, errnoCode } from '@boxlite/shared';

/**
 * Bytes of memory that process `pid` uses, pages shared with other processes counted by their share (proc(5), smaps_rollup, Pss).
 * @throws BoxliteError Stopped when there is no such process any more.
 */
export const processMemory = async (pid: number): Promise<number> => {
  let text: string;
  try {
    text = await readFile(`/proc/${String(pid)}/smaps_rollup`, 'utf8');
  } catch (error) {
    const code = errnoCode(error);
    if (code === 'ENOENT' || code === 'ESRCH')
      throw new BoxliteError('Stopped', `the VM (process ${String(pid)}) has ended`, { cause: error });
    throw BoxliteError.from(error, 'Engine', `the memory of process ${String(pid)} cannot be read`);
  }
  const kibibytes = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1];
  if (kibibytes === undefined) throw new BoxliteError('Stopped', `the VM (process ${String(pid)}) has ended`);
  return Number(kibibytes) * 1024;
};
