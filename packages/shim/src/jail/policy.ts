import { statSync } from 'node:fs';
import { BoxliteError, errnoCode } from '@boxlite/shared';
import type { MachineSpec } from '../engine/engine.js';

/** What of the host the engine may use. `boxlite-shim` puts it in force before the engine runs. */
export interface JailPolicy {
  limits: {
    /** Bytes of a core dump: 0, as guest memory must not land on the host's disk. */
    core: number;
    openFiles: number;
    /** Bytes of the largest file that may be written. */
    fileBytes: number;
  };
  /** Added badness when the host runs out of memory (proc(5), oom_score_adj): a Box goes before its owner. */
  oomScoreAdj: number;
}

const MIB = 1024 * 1024;
/** Room for the console's log where the disks are small. */
const SMALLEST_FILE_LIMIT = 64 * MIB;
const OPEN_FILES = 1024;
const OOM_SCORE_ADJ = 500;

/**
 * The policy for a machine. The file size limit lets the engine write its largest disk, and no file larger than that:
 * what a guest prints on its console is bounded by it.
 * @throws BoxliteError Storage when a writable disk is not there.
 */
export const jailPolicy = ({ disks }: Pick<MachineSpec, 'disks'>): JailPolicy => {
  const sizes = disks.filter((disk) => !disk.readOnly).map((disk) => sizeOf(disk.path));
  return {
    limits: { core: 0, openFiles: OPEN_FILES, fileBytes: Math.max(SMALLEST_FILE_LIMIT, ...sizes) },
    oomScoreAdj: OOM_SCORE_ADJ,
  };
};

const sizeOf = (path: string): number => {
  try {
    return statSync(path).size;
  } catch (error) {
    const reason = errnoCode(error);
    throw new BoxliteError('Storage', `the disk ${path} cannot be used: ${reason ?? String(error)}`, { reason, cause: error });
  }
};
