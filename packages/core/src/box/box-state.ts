import type { VmRecord } from '@boxlite/shim';
import type { BoxliteErrorCode } from '@boxlite/shared';
import type { DiskChain } from '../disks/disk-chain.js';
import type { StartOrigin } from '../machine/start-origin.js';
import type { BoxStatus } from '../state/box-lifecycle.js';

/** What is known of a Box's main process. */
export interface MainState {
  /** The signal that it is stopped by, as the Box's options or its image name it; `null`: SIGTERM. */
  stopSignal: string | null;
  /** How it ended; `null` while it runs, or when its VM ended under it. */
  exit: { exitCode: number | null; signal: NodeJS.Signals | null; oomKilled?: boolean } | null;
}

/**
 * Why a Box has stopped: it was `asked` to, its main process has ended (`main-ended`), it had nothing to do (`idle`) or was `unhealthy` and
 * ended by itself, or its VM was `lost` while no program was there.
 */
export type StopReason = 'asked' | 'main-ended' | 'idle' | 'unhealthy' | 'lost';

const STOP_REASONS: Record<StopReason, true> = { asked: true, 'main-ended': true, idle: true, unhealthy: true, lost: true };

export const isStopReason = (value: unknown): value is StopReason => typeof value === 'string' && Object.hasOwn(STOP_REASONS, value);

/** Where a Box is in its life: what `state.json` keeps, replaced as a whole at each change. */
export interface BoxState {
  version: 2;
  status: BoxStatus;
  /** The digest of the image's manifest, fixed at the first start: later starts use the same root file system. */
  imageDigest: string | null;
  /** The writable disk; none before the first start. */
  disk: DiskChain | null;
  /** The VM, while there is one. */
  vm: VmRecord | null;
  /** What the VM was started from, the last one's when there is none. */
  startedFrom: StartOrigin | null;
  /** ISO 8601, UTC. */
  startedAt: string | null;
  stoppedAt: string | null;
  /** Why the VM of the last start ended, unless it failed. */
  stopReason: StopReason | null;
  /** How often the Box was started again by its restart policy, since somebody has started it. */
  restarts: number;
  /** It has ended, and is to be started again. */
  restartPending: boolean;
  /** Since its last start the agent checks its health. */
  healthChecked: boolean;
  /** The main process of the last start, when the Box has one. */
  main: MainState | null;
  /** Why the Box failed, was lost, or is paused though nobody has asked for it. */
  error: { code: BoxliteErrorCode; message: string } | null;
}

export const initialState = (): BoxState => ({
  version: 2,
  status: 'configured',
  imageDigest: null,
  disk: null,
  vm: null,
  startedFrom: null,
  startedAt: null,
  stoppedAt: null,
  stopReason: null,
  restarts: 0,
  restartPending: false,
  healthChecked: false,
  main: null,
  error: null,
});
