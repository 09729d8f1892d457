import { BoxliteError } from './boxlite-error.js';

/** The outcome of an operation as a value, for those who prefer values to exceptions. */
export type BoxliteResult<T> = { ok: true; value: T } | { ok: false; error: BoxliteError };

/** Turns a promise into a {@link BoxliteResult}; never rejects. What is not a BoxliteError becomes one with code `Internal`. */
export const toResult = async <T>(promise: PromiseLike<T>): Promise<BoxliteResult<T>> => {
  try {
    return { ok: true, value: await promise };
  } catch (error) {
    return { ok: false, error: BoxliteError.from(error) };
  }
};
