import { readFile } from 'node:fs/promises';

/** A process's proportional set size in bytes: its own pages, and its share of those it has in common with others. */
export const pssBytes = async (pid: number): Promise<number> => {
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(await readFile(`/proc/${String(pid)}/smaps_rollup`, 'utf8'))?.[1];
  if (kilobytes === undefined) throw new Error(`/proc/${String(pid)}/smaps_rollup tells no Pss`);
  return Number(kilobytes) * 1024;
};
