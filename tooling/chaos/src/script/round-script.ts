/** What a worker does with a Box, by its name. Names that are free are created first, by whatever it is. */
export type Operation =
  /** Writes a file that no other operation writes, and waits until it is on the guest's disk. */
  | { kind: 'write'; box: string; file: string; bytes: number }
  | { kind: 'exec'; box: string }
  | { kind: 'start' | 'stop'; box: string }
  | { kind: 'remove'; box: string }
  | { kind: 'clone'; box: string; to: string }
  | { kind: 'snapshot' | 'drop' | 'restore'; box: string; snapshot: string }
  /** Sets the guest's clock off by so many seconds. */
  | { kind: 'guest-clock'; box: string; seconds: number }
  | { kind: 'pull' | 'drop-image'; image: number };

/** What is done to a worker's turn from outside, so many milliseconds after it has begun. */
export type Fault = { atMs: number } & (
  | { kind: 'kill-vmm' | 'kill-shim'; victim: number }
  /** Some writes of a VMM, or of the worker, fail. */
  | { kind: 'break-vmm'; victim: number }
  | { kind: 'break-worker'; errno: 'EIO' | 'ENOSPC'; after: number; failures: number }
  /** The disk of the home is full but for so many KiB, and free again later. */
  | { kind: 'fill-disk'; leaveKib: number; forMs: number }
  /** The worker's clock of the day is off by so many seconds from then on. */
  | { kind: 'worker-clock'; seconds: number }
  /** Another process wants the home meanwhile; it must be refused, whoever has it named. */
  | { kind: 'intrude' }
);

/** A worker has the home from its opening until it closes it, or is killed. */
export interface Turn {
  /** Those of a lane follow one another; lanes go on at the same time. */
  lanes: readonly (readonly Operation[])[];
  faults: readonly Fault[];
  /** When the worker is killed, if it has not closed the home by then. */
  killAtMs: number | null;
}

export interface RoundScript {
  seed: number;
  round: number;
  turns: readonly Turn[];
}
