/**
 * What an operation rejects with when its AbortSignal fires, in the shape that Node.js gives it:
 * `name` is `AbortError`, `code` is `ABORT_ERR`, `cause` is the signal's reason.
 */
export class AbortError extends Error {
  override readonly name = 'AbortError';
  readonly code = 'ABORT_ERR';

  constructor(reason?: unknown) {
    super('The operation was aborted.', { cause: reason });
  }
}

/** @throws AbortError when `signal` has fired already. */
export const throwIfAborted = (signal: AbortSignal | undefined): void => {
  if (signal?.aborted) throw new AbortError(signal.reason);
};
