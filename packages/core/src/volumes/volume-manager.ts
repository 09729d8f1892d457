import { randomBytes } from 'node:crypto';
import { BoxliteError, checkOptions } from '@boxlite/shared';
import { checkVolumeName } from './volume-options.js';
import type { VolumeRecord } from './volume-record.js';
import type { VolumeStore } from './volume-store.js';

export interface CreateVolumeOptions {
  /** Letters, digits, `_`, `.` and `-`, at most 128. @defaultValue 32 hexadecimal digits */
  name?: string;
  /** The most that it holds, the file system's own tables included; takes room on the host only as it is written. At least 64. @defaultValue 4096 */
  sizeMib?: number;
  labels?: Readonly<Record<string, string>>;
}

/** What is known of a volume; plain data. */
export interface VolumeInfo {
  name: string;
  /** ISO 8601, UTC. */
  createdAt: string;
  sizeMib: number;
  labels: Record<string, string>;
  /** Bytes of the host's disk that it takes now. */
  diskBytes: number;
  /** The ids of the Boxes that have it, running or not. */
  usedBy: string[];
}

export interface VolumeManagerParts {
  store: VolumeStore;
  /** The ids of the Boxes that name the volume, running or not. */
  usedBy: (name: string) => string[];
  /** Runs work that no Box is added or removed during. @throws BoxliteError `Stopped` when the runtime is closed. */
  exclusive: <T>(work: () => Promise<T>) => Promise<T>;
}

const DEFAULT_SIZE_MIB = 4096;
const MIN_SIZE_MIB = 64;
const MAX_SIZE_MIB = 1 << 24; // 16 TiB, as for a Box's disk

/** @throws BoxliteError `InvalidArgument`. */
export const newVolume = (options: CreateVolumeOptions = {}): VolumeRecord => {
  checkOptions(options, 'a volume', ['name', 'sizeMib', 'labels']);
  const { name, sizeMib = DEFAULT_SIZE_MIB, labels = {} } = options;
  if (!Number.isInteger(sizeMib) || sizeMib < MIN_SIZE_MIB || sizeMib > MAX_SIZE_MIB) {
    const message = `sizeMib is ${JSON.stringify(sizeMib)}; it must be a whole number from ${String(MIN_SIZE_MIB)} to ${String(MAX_SIZE_MIB)}`;
    throw new BoxliteError('InvalidArgument', message);
  }
  for (const [key, value] of Object.entries(labels)) {
    if (key === '' || typeof value !== 'string')
      throw new BoxliteError('InvalidArgument', `labels: '${key}' must have a string as its value`);
  }
  return {
    version: 1,
    name: name === undefined ? randomBytes(16).toString('hex') : checkVolumeName(name),
    createdAt: new Date().toISOString(),
    sizeMib,
    labels: { ...labels },
  };
};

/** The named volumes of a home: disks with a size that outlive the Boxes that use them. */
export class VolumeManager {
  readonly #parts: VolumeManagerParts;

  /** @internal */
  constructor(parts: VolumeManagerParts) {
    this.#parts = parts;
  }

  /**
   * Makes an empty volume.
   * @throws BoxliteError `AlreadyExists`; `InvalidArgument`; `Storage`.
   */
  async create(options: CreateVolumeOptions = {}): Promise<VolumeInfo> {
    const { store, exclusive } = this.#parts;
    const record = newVolume(options);
    await exclusive(() => store.create(record));
    return this.#info(record);
  }

  /** All volumes of the home, by name. */
  async list(): Promise<VolumeInfo[]> {
    const records = await this.#parts.exclusive(() => Promise.resolve(this.#parts.store.all));
    return Promise.all(records.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((record) => this.#info(record)));
  }

  /** @throws BoxliteError `NotFound`. */
  async get(name: string): Promise<VolumeInfo> {
    return this.#info(await this.#parts.exclusive(() => Promise.resolve(this.#record(name))));
  }

  /**
   * Removes a volume with all that is on it.
   * @throws BoxliteError `NotFound`; `InvalidState`, reason `volume-in-use`, naming the Boxes that have it.
   */
  async remove(name: string): Promise<void> {
    const { store, usedBy, exclusive } = this.#parts;
    await exclusive(async () => {
      this.#record(name);
      const users = usedBy(name);
      if (users.length > 0) {
        const message = `the volume '${name}' belongs to ${users.length === 1 ? 'Box' : 'Boxes'} ${users.join(', ')}; remove ${users.length === 1 ? 'that' : 'those'} first`;
        throw new BoxliteError('InvalidState', message, { reason: 'volume-in-use' });
      }
      await store.remove(name);
    });
  }

  /** Removes all volumes that no Box has, running or not, with all that is on them. */
  async prune(): Promise<{ removed: string[]; freedBytes: number }> {
    const { store, usedBy, exclusive } = this.#parts;
    return exclusive(async () => {
      const removed = store.all.map(({ name }) => name).filter((name) => usedBy(name).length === 0);
      let freedBytes = 0;
      for (const name of removed) freedBytes += await store.remove(name);
      return { removed, freedBytes };
    });
  }

  #record(name: string): VolumeRecord {
    const record = this.#parts.store.find(name);
    if (record !== undefined) return record;
    throw new BoxliteError('NotFound', `there is no volume '${name}'; volumes.list() and 'boxlite volume ls' show those that exist`);
  }

  async #info({ name, createdAt, sizeMib, labels }: VolumeRecord): Promise<VolumeInfo> {
    const { store, usedBy } = this.#parts;
    return { name, createdAt, sizeMib, labels: { ...labels }, diskBytes: await store.diskBytes(name), usedBy: usedBy(name) };
  }
}
