/**
 * The name of the kernel's error (`ENOENT`), or Node's own code, behind a failure of Node's.
 * By shape, not by class: an error of another realm (a test's, a worker's) is no `instanceof Error` here.
 */
export const errnoCode = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** The message of whatever was thrown. */
export const errorMessage = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string' ? error.message : String(error);
