/** The engine's process, whether it is a child of this one or was adopted. */
export interface VmProcess {
  readonly pid: number;
  /** How it ended; both null when that cannot be known. Never rejects. */
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  /** Sends a signal; does nothing once the process is gone. */
  kill(signal: 'SIGKILL'): void;
  /** From here on the process keeps this program alive, as children do. */
  ref(): void;
  /** From here on it does not. */
  unref(): void;
  /** Gives the handle up; the process runs on, and `exited` stays open. */
  release(): void;
}
