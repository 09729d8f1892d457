import { BoxliteError } from '@boxlite/shared';
import { native } from './native.js';
import { fromNative } from './native-error.js';

export interface KvmVerdict {
  usable: boolean;
  /** Why, whichever it is; one line for people. */
  reason: string;
}

export interface ProbeKvmOptions {
  /** The deadline of the probe's guest, in milliseconds. @defaultValue 2000 */
  timeoutMs?: number;
}

/**
 * Finds out whether KVM really works, by running a few instructions in 64-bit mode with it, in a process of their own.
 *
 * Takes some milliseconds, or the whole deadline where a guest hangs. What is wrong is in `reason`, never an error.
 *
 * @throws BoxliteError `InvalidArgument` for a timeout that is not between 1 and 60000.
 */
export const probeKvm = async ({ timeoutMs = 2000 }: ProbeKvmOptions = {}): Promise<KvmVerdict> => {
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > 60_000) {
    throw new BoxliteError('InvalidArgument', `the timeout of the KVM probe is ${timeoutMs} ms; it must be a whole number from 1 to 60000`);
  }
  if (process.platform !== 'linux') return { usable: false, reason: `KVM is a part of Linux; this is ${process.platform}` };
  try {
    return await native().probeKvm(timeoutMs);
  } catch (error) {
    throw fromNative(error);
  }
};
