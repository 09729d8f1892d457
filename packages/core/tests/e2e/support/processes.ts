import { readdirSync, readFileSync } from 'node:fs';

export { isAlive } from '@boxlite/testbed';

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

/** The direct children of a process. */
export const childrenOf = (pid: number): number[] =>
  (read(`/proc/${String(pid)}/task/${String(pid)}/children`) ?? '').split(' ').filter(Boolean).map(Number);

/** What this process holds open, by kind, such as `socket` or a path. */
export const openDescriptors = (pid = process.pid): number => readdirSync(`/proc/${String(pid)}/fd`).length;

/** Resident memory of a process in bytes. */
export const residentBytes = (pid: number): number => {
  const status = read(`/proc/${String(pid)}/status`) ?? '';
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
};
