import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { BoxliteError } from '@boxlite/shared';
import { FileLock } from '@boxlite/vmm';

/**
 * How long a lock may outlive the process that has taken it, in milliseconds. One that is killed while it starts a program leaves a child, which
 * has its files until it becomes that program.
 */
const OUTLIVES_MS = 2_000;
/** Nothing tells of the end of a lock. */
const LOOK_AGAIN_MS = 10;

/**
 * Takes the lock of a home.
 * @throws BoxliteError `Config`, reason `locked`, naming the process that has it; `Storage` where its file cannot be written.
 */
export const lockHome = async (path: string): Promise<FileLock> => {
  const begin = performance.now();
  for (;;) {
    try {
      return FileLock.acquire(path);
    } catch (error) {
      if (!(error instanceof BoxliteError)) throw error;
      if (error.code === 'Storage') throw elsewhere(error);
      if (error.reason !== 'locked' || performance.now() - begin > OUTLIVES_MS || !(await isOrphaned(path))) throw error;
      await delay(LOOK_AGAIN_MS);
    }
  }
};

const elsewhere = (cause: BoxliteError): BoxliteError =>
  new BoxliteError('Storage', `${cause.message}. Another home can be chosen by the option 'home' or BOXLITE_HOME`, {
    reason: cause.reason,
    cause,
  });

/** Whether the process that the lock names is gone. */
const isOrphaned = async (path: string): Promise<boolean> => {
  const pid = Number(await readFile(path, 'utf8').catch(() => ''));
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
};
