import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface FoundProcess {
  pid: number;
  parent: number;
  name: string;
}

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** All processes of this process namespace, those left out that have ended and wait to be asked how. */
export const processes = (): FoundProcess[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      // proc_pid_stat(5): the name, in brackets, may hold anything.
      const [, name, state, parent] = /^\d+ \((.*)\) (\S) (\d+)/s.exec(read(`/proc/${pid}/stat`)) ?? [];
      if (name === undefined || state === 'Z' || state === 'X') return [];
      return [{ pid: Number(pid), parent: Number(parent), name }];
    });

/** What a process has open below a directory. */
export const openBelow = (pid: number, directory: string): string[] =>
  readdirSync(`/proc/${String(pid)}/fd`).flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/${String(pid)}/fd/${fd}`);
      return target.startsWith(directory) ? [target] : [];
    } catch {
      return [];
    }
  });
