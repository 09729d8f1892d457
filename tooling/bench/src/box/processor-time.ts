import { readdir, readFile } from 'node:fs/promises';

/** What VMMs of Boxes are called (`-name process=`). */
const VMM = 'boxlite-vm';
/** A tick of utime and stime is 1/100 s on all of Linux's 64-bit machines (USER_HZ). */
const TICK_MS = 10;

const optional = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);

/** The first number of /proc/PID/task/TID/schedstat is the thread's time on a processor, in nanoseconds (sched-stats.rst). */
export const schedstatMs = (text: string): number => Number(text.split(' ', 1)[0]) / 1e6;

/** Processor time of the threads that a process has now, in milliseconds; exact, where utime and stime count ticks. */
export const threadsMs = async (pid: number): Promise<number> => {
  const tasks = `/proc/${String(pid)}/task`;
  const texts = await Promise.all((await readdir(tasks)).map((tid) => optional(`${tasks}/${tid}/schedstat`)));
  return texts.reduce((sum, text) => sum + (text === undefined ? 0 : schedstatMs(text)), 0);
};

/** The same of each VMM on this host, by its pid. */
export const vmmThreadsMs = async (): Promise<Map<number, number>> => {
  const found = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || (await optional(`/proc/${name}/comm`))?.trim() !== VMM) continue;
    const ms = await threadsMs(Number(name)).catch(() => undefined);
    if (ms !== undefined) found.set(Number(name), ms);
  }
  return found;
};

/** utime and stime of /proc/PID/stat, in milliseconds: fields 14 and 15, counted from after the name, which may hold anything (proc(5)). */
export const statMs = (stat: string): number => {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
};

/** Processor time of a process, its ended threads included, in milliseconds. */
export const processMs = async (pid: number): Promise<number> => statMs(await readFile(`/proc/${String(pid)}/stat`, 'utf8'));
