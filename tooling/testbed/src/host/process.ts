import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** True while a process with this id exists and is no zombie. */
export const isAlive = (pid: number): boolean => {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

/** The end of a process that is no child of this one. */
export const gone = async (pid: number, withinMs = 20_000): Promise<void> => {
  for (const deadline = Date.now() + withinMs; isAlive(pid); await sleep(20)) {
    if (Date.now() > deadline) throw new Error(`process ${String(pid)} is still there`);
  }
};
