import type { ExecExited } from '@boxlite/shared/protocol';

import { isSignalNumber, signalName } from './signals.js';

/** How a command ended. Either `exitCode` or `signal` is set. */
export interface ExitStatus {
  /** 0 to 255; null when a signal ended the command. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** True when it was ended because `timeoutMs` had passed. */
  readonly timedOut: boolean;
  /**
   * True when SIGKILL ended it, or a shell says that of its child (exit code 137), and the guest's kernel has killed a process of the Box
   * for want of memory while it ran.
   */
  readonly oomKilled: boolean;
  /** From the start of the process to its end, by the guest's clock, in milliseconds. */
  readonly durationMs: number;
}

/** Reads the guest's report of an end; undefined when it makes no sense. */
export const readExitStatus = ({ exitCode, signal, timedOut, oomKilled, durationMicros }: ExecExited): ExitStatus | undefined => {
  const rest = { timedOut, oomKilled, durationMs: Number(durationMicros) / 1000 };
  if (exitCode !== undefined && signal === undefined && exitCode <= 255) return { exitCode, signal: null, ...rest };
  if (signal !== undefined && exitCode === undefined && isSignalNumber(signal)) {
    return { exitCode: null, signal: signalName(signal), ...rest };
  }
  return undefined;
};
