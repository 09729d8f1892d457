/** Errors of core on their way over the bridge; the one place where they become data. */
import { BoxliteError, errorMessage } from '@boxlite/shared';
import type { WireError } from './protocol.js';

const MAX_CAUSE = 4096;

const isAbort = (error: unknown): boolean => typeof error === 'object' && error !== null && 'name' in error && error.name === 'AbortError';

/** @param encodeResult Makes data of the result that the error of a failed command carries; undefined for what is none. */
export const wireError = (error: unknown, encodeResult: (cause: unknown) => unknown = () => undefined): WireError => {
  if (isAbort(error)) return { code: 'Aborted', message: errorMessage(error) };
  const known = BoxliteError.from(error);
  const { cause } = known;
  const result = cause === undefined ? undefined : encodeResult(cause);
  return {
    code: known.code,
    message: known.message,
    ...(known.reason === undefined ? {} : { reason: known.reason }),
    ...(cause === undefined || result !== undefined ? {} : { cause: errorMessage(cause).slice(0, MAX_CAUSE) }),
    ...(result === undefined ? {} : { result }),
  };
};
