import { isObject } from '../images/format/json.js';
import { readBounded } from '../state/files.js';

/** What `volume.json` keeps. */
export interface VolumeRecord {
  version: 1;
  name: string;
  /** ISO 8601, UTC. */
  createdAt: string;
  /** The most that it holds, the file system's own tables included. */
  sizeMib: number;
  labels: Record<string, string>;
}

const MAX_BYTES = 1 << 20;

/** @throws Error saying what is wrong with the file. */
export const readVolumeRecord = async (path: string, name: string): Promise<VolumeRecord> => {
  const content = await readBounded(path, MAX_BYTES);
  if (content === undefined) throw new Error(`${path} is missing, no file, or larger than ${String(MAX_BYTES)} bytes`);
  const value: unknown = JSON.parse(content.toString('utf8'));
  if (!isObject(value) || value['version'] !== 1) throw new Error(`${path} is not of version 1`);
  const { name: named, createdAt, sizeMib, labels } = value;
  if (named !== name || typeof createdAt !== 'string' || !Number.isInteger(sizeMib) || !isObject(labels))
    throw new Error(`${path} lacks a field, or has one of a wrong kind`);
  return value as unknown as VolumeRecord;
};
