import { readFile } from 'node:fs/promises';

/** Memory of a process, in bytes. */
export interface ProcessMemory {
  /** The proportional set size: its own pages, and its share of those it has in common with others. */
  pss: number;
  /** Pages that no other process has. */
  private: number;
}

/** Sums a field over all mappings of a text in the format of /proc/PID/smaps (proc(5)). @throws Error when there is none. */
export const smapsBytes = (smaps: string, field: string): number => {
  const found = [...smaps.matchAll(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'gm'))];
  if (found.length === 0) throw new Error(`/proc tells no ${field} of a process`);
  return found.reduce((sum, [, kilobytes]) => sum + Number(kilobytes), 0) * 1024;
};

export const processMemory = async (pid: number): Promise<ProcessMemory> => {
  const rollup = await readFile(`/proc/${String(pid)}/smaps_rollup`, 'utf8');
  return { pss: smapsBytes(rollup, 'Pss'), private: smapsBytes(rollup, 'Private_Clean') + smapsBytes(rollup, 'Private_Dirty') };
};

/** The parts of /proc/PID/smaps that are mappings of a file with this name, in whatever directory. */
export const mappingsOf = (smaps: string, name: string): string =>
  smaps
    .split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)
    .filter((mapping) => mapping.split('\n', 1)[0]?.endsWith(`/${name}`))
    .join('');

/** How much of its memory a guest has changed that was restored from a file: private copies of the file's pages, in bytes. */
export const changedMemory = async (pid: number): Promise<number> =>
  smapsBytes(mappingsOf(await readFile(`/proc/${String(pid)}/smaps`, 'utf8'), 'memory'), 'Anonymous');
