import { BoxliteError } from '@boxlite/shared';
import { FileLock } from '@boxlite/vmm';

/**
 * Takes the lock of a home.
 * @throws BoxliteError `Config`, reason `locked`, naming the process that has it; `Storage` where its file cannot be written.
 */
export const lockHome = (path: string): FileLock => {
  try {
    return FileLock.acquire(path);
  } catch (error) {
    if (!(error instanceof BoxliteError) || error.code !== 'Storage') throw error;
    const { message, reason } = error;
    throw new BoxliteError('Storage', `${message}. Another home can be chosen by the option 'home' or BOXLITE_HOME`, {
      reason,
      cause: error,
    });
  }
};
