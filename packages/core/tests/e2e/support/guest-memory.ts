import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const MIB = 2 ** 20;

/** MiB of the file `memory`, mapped by process `pid`, that are its own: it has written them, and not given them back (proc(5), smaps). */
export const ownMemoryMib = (pid: number): number => {
  let inMemory = false;
  let bytes = 0;
  for (const line of readFileSync(`/proc/${String(pid)}/smaps`, 'utf8').split('\n')) {
    if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) inMemory = line.endsWith('/memory');
    const kibibytes = /^Anonymous:\s+(\d+) kB$/.exec(line)?.[1];
    if (inMemory && kibibytes !== undefined) bytes += Number(kibibytes) * 1024;
  }
  return bytes / MIB;
};

/** MiB of memory that process `pid` shares with no other (proc(5), smaps_rollup): what each further process like it costs. */
export const anonymousMib = (pid: number): number => {
  const kibibytes = /^Anonymous:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/smaps_rollup`, 'utf8'))?.[1];
  if (kibibytes === undefined) throw new Error(`the kernel does not tell of the memory of process ${String(pid)}`);
  return (Number(kibibytes) * 1024) / MIB;
};

/** Nanoseconds that the threads of process `pid` have run, those that have ended left out (Documentation/scheduler/sched-stats.rst). */
export const processorNanos = (pid: number): number =>
  readdirSync(`/proc/${String(pid)}/task`)
    .map((thread) => Number(readFileSync(`/proc/${String(pid)}/task/${thread}/schedstat`, 'utf8').split(' ')[0]))
    .reduce((sum, nanos) => sum + nanos, 0);

/** How process `pid` has opened the file that its guest's memory is mapped from: access modes (open(2)), one for each descriptor. */
export const memoryAccess = (pid: number): number[] =>
  readdirSync(`/proc/${String(pid)}/fd`)
    .filter((fd) => readlinkSync(`/proc/${String(pid)}/fd/${fd}`).endsWith('/memory'))
    .map((fd) => {
      const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/${String(pid)}/fdinfo/${fd}`, 'utf8'))?.[1] ?? '';
      return parseInt(flags, 8) & 3;
    });
