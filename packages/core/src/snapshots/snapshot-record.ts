import { type DiskChain, isDiskChain } from '../disks/disk-chain.js';

/** What `snapshot.json` keeps: a Box at one moment. It is written last: without it, the files beside it are not whole. */
export interface SnapshotRecord {
  version: 1;
  id: string;
  name: string;
  /** ISO 8601, UTC. */
  createdAt: string;
  imageDigest: string | null;
  disk: DiskChain;
  /** The VM's memory and devices; none for a Box that did not run. */
  machine: {
    /** What its devices fit; see `machineKey`. */
    key: string;
    /** Checksums as `checksumFile` gives them. The file of changed pages has its own. */
    memoryChecksum: string;
    devicesChecksum: string;
    /** Bytes of memory that differ from what the Box was started from. */
    changedBytes: number;
  } | null;
}

export const isSnapshotId = (text: string): boolean => /^[0-9a-f]{12}$/.test(text);

/** @throws an error that says what is wrong with what a file held. */
export const checkSnapshotRecord = (value: unknown): SnapshotRecord => {
  const record = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if (record['version'] !== 1) throw new Error('it is of another version');
  const { id, name, createdAt, imageDigest, disk, machine } = record;
  if (typeof id !== 'string' || !isSnapshotId(id)) throw new Error("'id' is of a wrong kind");
  if (typeof name !== 'string' || typeof createdAt !== 'string') throw new Error("'name' or 'createdAt' is of a wrong kind");
  if (imageDigest !== null && typeof imageDigest !== 'string') throw new Error("'imageDigest' is of a wrong kind");
  if (!isDiskChain(disk)) throw new Error("'disk' is of a wrong kind");
  if (machine !== null) {
    const { key, memoryChecksum, devicesChecksum, changedBytes } = (machine ?? {}) as Record<string, unknown>;
    const texts = [key, memoryChecksum, devicesChecksum].every((text) => typeof text === 'string');
    if (!texts || typeof changedBytes !== 'number') throw new Error("'machine' is of a wrong kind");
  }
  return value as SnapshotRecord;
};
