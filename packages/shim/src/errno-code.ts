/** The name of the kernel's error (`ENOENT`) behind a failure of Node's, if it is one. */
export const errnoCode = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
