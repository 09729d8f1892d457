import { BoxliteError, errnoCode } from '@boxlite/shared';

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free some space (unused images go with `prune`) and try again',
  EDQUOT: 'the disk quota is used up; free some space (unused images go with `prune`), or raise it, and try again',
  EROFS: 'the file system is read-only; choose another home directory (BOXLITE_HOME)',
  EACCES: 'permission denied; the home directory must belong to the user who runs this',
  EPERM: 'the operation is not permitted; the home directory must belong to the user who runs this',
  EMFILE: 'too many open files; raise the limit (ulimit -n)',
  EIO: 'the disk reported an error; the log of the kernel (dmesg) says more, and BOXLITE_HOME chooses a home on another disk',
};

/** Turns a failed file operation into `Storage` with the errno as its reason. What is a BoxliteError, or no errno at all, comes back as it is. */
export const storageError = (error: unknown, doing: string): unknown => {
  const errno = errnoCode(error);
  if (error instanceof BoxliteError || errno === undefined || !/^E[A-Z0-9]+$/.test(errno)) return error;
  return new BoxliteError('Storage', `${doing} failed: ${ADVICE[errno] ?? (error as Error).message}`, { reason: errno, cause: error });
};

/** Runs file operations, their errors named by {@link storageError}. */
export const onDisk = async <T>(doing: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw storageError(error, doing);
  }
};
