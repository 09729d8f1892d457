import { AbortError, throwIfAborted } from '@boxlite/shared';
import { type NativeCancellation, native } from './native.js';
import { callNative, fromNative } from './native-error.js';

/** Runs native work that ends when the signal fires. @throws AbortError then; a BoxliteError for what the native module threw. */
export const cancellable = async <T>(
  signal: AbortSignal | undefined,
  work: (cancellation: NativeCancellation) => Promise<T>,
): Promise<T> => {
  throwIfAborted(signal);
  const { Cancellation } = callNative(native);
  const cancellation = new Cancellation();
  const cancel = () => {
    cancellation.cancel();
  };
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    return await work(cancellation);
  } catch (error) {
    const failure = fromNative(error);
    if (failure.reason === 'aborted') throw new AbortError(signal?.reason);
    throw failure;
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
};
