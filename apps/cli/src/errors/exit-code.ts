import { constants } from 'node:os';
import type { BoxliteError, BoxliteErrorCode, ExitStatus } from '@boxlite/core';
import { EXIT, InterruptedError, OutputClosedError } from './cli-error.js';

/** Total over all codes, so that a new one cannot be forgotten. */
const BY_CODE: Record<BoxliteErrorCode, number> = {
  UnsupportedEngine: EXIT.failed,
  Engine: EXIT.failed,
  Storage: EXIT.failed,
  Image: EXIT.failed,
  Portal: EXIT.failed,
  Network: EXIT.failed,
  Rpc: EXIT.failed,
  RpcTransport: EXIT.failed,
  Internal: EXIT.failed,
  Execution: EXIT.failed,
  Config: EXIT.failed,
  InvalidArgument: EXIT.failed,
  NotFound: EXIT.failed,
  AlreadyExists: EXIT.failed,
  InvalidState: EXIT.failed,
  Stopped: EXIT.failed,
  Unsupported: EXIT.failed,
  ResourceExhausted: EXIT.failed,
};

/** Why a command did not start, where Docker has a code of its own for it. */
const BY_REASON: ReadonlyMap<string, number> = new Map([
  ['command-not-found', EXIT.notFound],
  ['command-not-executable', EXIT.notExecutable],
  ['bad-working-dir', EXIT.notExecutable],
]);

/** True for core's errors, without loading core. */
export const isBoxliteError = (error: unknown): error is BoxliteError =>
  error instanceof Error && error.name === 'BoxliteError' && 'code' in error && typeof error.code === 'string';

/** 128 + the signal's number, as shells have it. */
export const exitCodeOfSignal = (signal: NodeJS.Signals | number): number =>
  128 + (typeof signal === 'number' ? signal : ((constants.signals[signal] as number | undefined) ?? 0));

/** The exit code that tells of a command's end. */
export const exitCodeOfStatus = ({ exitCode, signal, timedOut }: Pick<ExitStatus, 'exitCode' | 'signal' | 'timedOut'>): number => {
  if (timedOut) return EXIT.timedOut;
  if (exitCode !== null) return exitCode;
  return signal === null ? EXIT.failed : exitCodeOfSignal(signal);
};

/** The exit code that tells of a failure of `boxlite` itself. */
export const exitCodeOfError = (error: unknown): number => {
  if (error instanceof InterruptedError) return exitCodeOfSignal(error.signal);
  if (error instanceof OutputClosedError) return exitCodeOfSignal('SIGPIPE');
  if (!isBoxliteError(error)) return EXIT.failed;
  const byReason = error.code === 'Execution' && error.reason !== undefined ? BY_REASON.get(error.reason) : undefined;
  return byReason ?? BY_CODE[error.code];
};
