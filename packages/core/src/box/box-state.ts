import type { VmRecord } from '@boxlite/shim';
import type { BoxliteErrorCode } from '@boxlite/shared';
import type { BoxStatus } from './box-status.js';

/** Where a Box is in its life: what `state.json` keeps, replaced as a whole at each change. */
export interface BoxState {
  version: 1;
  status: BoxStatus;
  /** The digest of the image's manifest, fixed at the first start: later starts use the same root file system. */
  imageDigest: string | null;
  /** The VM, while there is one. */
  vm: VmRecord | null;
  /** ISO 8601, UTC. */
  startedAt: string | null;
  stoppedAt: string | null;
  /** Why the Box failed. */
  error: { code: BoxliteErrorCode; message: string } | null;
}

export const initialState = (): BoxState => ({
  version: 1,
  status: 'configured',
  imageDigest: null,
  vm: null,
  startedAt: null,
  stoppedAt: null,
  error: null,
});
