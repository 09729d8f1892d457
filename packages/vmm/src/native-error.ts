import { types } from 'node:util';
import { BoxliteError, isBoxliteErrorCode } from '@boxlite/shared';

/**
 * Turns what the native module threw into a BoxliteError: its `code` is `CODE/REASON` (`native/vmm/src/bindings/failure.rs`), its message is ours.
 * Anything else is a fault of this package and becomes `Internal`.
 */
export const fromNative = (error: unknown): BoxliteError => {
  // Not `instanceof`: the error is of the context that loaded the module, which need not be this one.
  if (types.isNativeError(error) && 'code' in error && typeof error.code === 'string') {
    const [code, reason] = error.code.split('/', 2);
    if (isBoxliteErrorCode(code)) return new BoxliteError(code, error.message, { reason, cause: error });
  }
  return BoxliteError.from(error, 'Internal', "BoxLite's native module refused a call");
};

/** Calls the native module; what it throws becomes a BoxliteError. */
export const callNative = <T>(call: () => T): T => {
  try {
    return call();
  } catch (error) {
    throw fromNative(error);
  }
};

/** The same for a call that returns a promise. */
export const awaitNative = async <T>(call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    throw fromNative(error);
  }
};
