import { BoxliteError, checkOptions } from '@boxlite/shared';

/** How fast a Box may read and write each of its disks: the image's, its own, and those of named volumes. Whole numbers from 1 to 10¹⁵. */
export interface DiskLimits {
  /** Bytes read in a second. @defaultValue any number */
  readBps?: number;
  /** Bytes written in a second. @defaultValue any number */
  writeBps?: number;
  /** Read operations in a second. @defaultValue any number */
  readIops?: number;
  /** Write operations in a second. @defaultValue any number */
  writeIops?: number;
}

/** Limits as checked; `null` where there is none. */
export type CheckedDiskLimits = { [Name in keyof Required<DiskLimits>]: number | null };

const NAMES = ['readBps', 'writeBps', 'readIops', 'writeIops'] as const;

/** QEMU takes no more (THROTTLE_VALUE_MAX, include/qemu/throttle.h). */
const MOST = 1e15;

export const NO_DISK_LIMITS: CheckedDiskLimits = { readBps: null, writeBps: null, readIops: null, writeIops: null };

/** @param limits - also as they were checked before. @throws BoxliteError `InvalidArgument`. */
export const checkDiskLimits = (limits: DiskLimits | CheckedDiskLimits | undefined): CheckedDiskLimits => {
  if (limits === undefined) return { ...NO_DISK_LIMITS };
  checkOptions(limits, 'diskLimits', NAMES);
  const checked = { ...NO_DISK_LIMITS };
  for (const name of NAMES) {
    const value: unknown = limits[name] ?? null;
    if (value === null) continue;
    if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > MOST)
      throw invalid(`diskLimits.${name} is ${JSON.stringify(value)}; it must be a whole number from 1 to ${String(MOST)}`);
    checked[name] = value as number;
  }
  return checked;
};

export const areLimited = (limits: CheckedDiskLimits): boolean => NAMES.some((name) => limits[name] !== null);

const invalid = (message: string): BoxliteError => new BoxliteError('InvalidArgument', message);
