import { BoxliteError, type VolumeInfo as OurVolumeInfo } from '@boxlite/core';
import type { Lease } from './lease.js';

/** A disk that outlives the Boxes that use it. */
export interface VolumeInfo {
  /** As `name`, which is unique in the home. */
  id: string;
  name: string;
  /** In ISO 8601. */
  createdAt: string;
  /** The most that it holds. */
  sizeBytes: number;
}

const volumeInfoOf = ({ name, createdAt, sizeMib }: OurVolumeInfo): VolumeInfo => ({
  id: name,
  name,
  createdAt,
  sizeBytes: sizeMib * 1024 * 1024,
});

/** The volumes of a runtime. A Box has one by `{ managedVolume: id, guestPath }` among its `volumes`. */
export class VolumeHandle {
  readonly #lease: Lease;

  constructor(lease: Lease) {
    this.#lease = lease;
  }

  /**
   * Makes an empty volume.
   * @param name - one that is made up by default
   * @throws BoxliteError `AlreadyExists`, `InvalidArgument`.
   */
  async create(name?: string): Promise<VolumeInfo> {
    const { volumes } = await this.#lease.runtime();
    return volumeInfoOf(await volumes.create(name === undefined ? {} : { name }));
  }

  /** All volumes of the home, by name. */
  async list(): Promise<VolumeInfo[]> {
    return (await (await this.#lease.runtime()).volumes.list()).map(volumeInfoOf);
  }

  /** @throws BoxliteError `NotFound`. */
  async get(id: string): Promise<VolumeInfo> {
    return volumeInfoOf(await (await this.#lease.runtime()).volumes.get(id));
  }

  /**
   * Removes a volume with all that is on it.
   * @param force - be content when there is none
   * @throws BoxliteError `NotFound`; `InvalidState` when a Box has it.
   */
  async remove(id: string, force?: boolean | null): Promise<void> {
    try {
      await (await this.#lease.runtime()).volumes.remove(id);
    } catch (error) {
      if (force !== true || !(error instanceof BoxliteError) || error.code !== 'NotFound') throw error;
    }
  }
}
