import type { ExitStatus, RunResult } from '@boxlite/core';

/** What a command came to. */
export interface ExecResult {
  /** 0 to 255; negative when a signal ended it: `-9` for SIGKILL. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Of Linux on x86-64, whatever this machine has; see signal(7). Real-time signals and others are `-1`. */
const NUMBERS: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGSYS: 31,
};

export const exitCodeOf = ({ exitCode, signal }: Pick<ExitStatus, 'exitCode' | 'signal'>): number =>
  exitCode ?? -((signal === null ? undefined : NUMBERS[signal]) ?? 1);

export const execResult = ({ stdout, stderr, ...status }: RunResult): ExecResult => ({
  exitCode: exitCodeOf(status),
  stdout,
  stderr,
});
