import type { CreateVolumeOptions, VolumeInfo } from '@boxlite/core';
import { BoxliteError } from '@boxlite/shared';

/** Volumes that stand in a list. */
export class FakeVolumes {
  readonly #all: VolumeInfo[] = [];

  create({ name = 'random', sizeMib = 4096, labels = {} }: CreateVolumeOptions): Promise<VolumeInfo> {
    const volume = { name, sizeMib, labels: { ...labels }, createdAt: '2026-01-01T00:02:00Z', diskBytes: 140_000, usedBy: [] };
    this.#all.push(volume);
    return Promise.resolve(volume);
  }

  list(): Promise<VolumeInfo[]> {
    return Promise.resolve(this.#all);
  }

  get(name: string): Promise<VolumeInfo> {
    const found = this.#all.find((volume) => volume.name === name);
    if (found !== undefined) return Promise.resolve(found);
    return Promise.reject(
      new BoxliteError('NotFound', `there is no volume '${name}'; volumes.list() and 'boxlite volume ls' show those that exist`),
    );
  }

  async remove(name: string): Promise<void> {
    this.#all.splice(this.#all.indexOf(await this.get(name)), 1);
  }

  prune(): Promise<{ removed: string[]; freedBytes: number }> {
    return Promise.resolve({ removed: this.#all.splice(0).map(({ name }) => name), freedBytes: 0 });
  }
}
