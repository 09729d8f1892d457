import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Disk, DiskLayer } from '@boxlite/shim';
import { copySparse, createOverlay, flattenDisk, formatDisk } from '@boxlite/vmm';
import { onDisk } from '../state/storage-error.js';
import { type DiskChain, type LayerRef, newLayer } from './disk-chain.js';

const LAYER = /^([0-9a-f]{16})\.(raw|qcow2)$/;
const MIB = 2 ** 20;

/**
 * The files of all writable disks of a home.
 *
 * A layer belongs to whoever names it; one that nobody names is removed when the home is opened. So a layer is made first and named
 * afterwards, and a crash in between costs nothing. New layers are not synced to the disk: the guest's first sync does that, and before it
 * there is nothing on them that anybody was told is safe.
 */
export class DiskStore {
  /** Layers that are held by somebody who has not named them on disk, or not yet; how often. */
  readonly #held = new Map<string, number>();

  /** @param keepsAll whether it is not known of some layers whose they are: none is removed then */
  constructor(
    private readonly directory: string,
    private readonly keepsAll: () => boolean = () => false,
  ) {}

  path({ id, format }: LayerRef): string {
    return join(this.directory, `${id}.${format}`);
  }

  /** A layer as the engine takes it. */
  layer(layer: LayerRef): DiskLayer {
    return { ...layer, path: this.path(layer) };
  }

  /** A chain as the engine takes it. */
  disk(chain: DiskChain, sizeMib: number): Disk {
    return { layers: chain.map((layer) => this.layer(layer)), readOnly: false, sizeBytes: sizeMib * MIB };
  }

  /** An empty disk with a file system on it. Its maker holds it. */
  async create(sizeMib: number): Promise<DiskChain> {
    return [await this.#make('raw', 'making a disk', (path) => formatDisk(path, { sizeMib }))];
  }

  /**
   * A layer above a disk that is not written to any more from then on. Made in no time, whatever is on the disk. Its maker holds it.
   */
  async overlay(sizeMib: number): Promise<LayerRef> {
    return this.#make('qcow2', 'making a copy-on-write layer', (path) => createOverlay(path, { sizeBytes: sizeMib * MIB }));
  }

  /** A disk of its own with the content of a small raw file. Its maker holds it. */
  async copy(file: string): Promise<DiskChain> {
    return [await this.#make('raw', 'copying a disk', (path) => copySparse(file, path))];
  }

  /** A disk of one layer with the content of a chain that nobody writes to. Its maker holds it. */
  async flatten(chain: DiskChain, signal?: AbortSignal): Promise<DiskChain> {
    const layers = chain.map((layer) => this.layer(layer));
    return [await this.#make('raw', 'making a disk one layer', (output) => flattenDisk({ layers, output, signal }))];
  }

  /** Keeps the layers of a chain from being removed until {@link settle}. */
  hold(chain: DiskChain): void {
    for (const { id } of chain) this.#held.set(id, (this.#held.get(id) ?? 0) + 1);
  }

  /** Ends a hold. The maker of a layer holds it, and calls this when its name is on disk, or nobody will name it. */
  settle(chain: DiskChain): void {
    for (const { id } of chain) {
      const holds = (this.#held.get(id) ?? 0) - 1;
      if (holds > 0) this.#held.set(id, holds);
      else this.#held.delete(id);
    }
  }

  /** Removes the layers of a chain that are not among `named` and that nobody holds. */
  async remove(chain: DiskChain, named: ReadonlySet<string>): Promise<void> {
    if (this.keepsAll()) return;
    const gone = chain.filter(({ id }) => !named.has(id) && !this.#held.has(id));
    await onDisk('removing a disk', () => Promise.all(gone.map((layer) => rm(this.path(layer), { force: true }))));
  }

  /** Removes all layers that are not among `named`, and what was never finished; returns their paths. */
  async collect(named: ReadonlySet<string>): Promise<string[]> {
    if (this.keepsAll()) return [];
    return onDisk(`cleaning ${this.directory}`, async () => {
      const removed: string[] = [];
      for (const name of await readdir(this.directory)) {
        const id = LAYER.exec(name)?.[1];
        if (id !== undefined && (named.has(id) || this.#held.has(id))) continue;
        await rm(join(this.directory, name), { recursive: true, force: true });
        removed.push(join(this.directory, name));
      }
      return removed;
    });
  }

  async #make(format: LayerRef['format'], doing: string, make: (path: string) => Promise<unknown>): Promise<LayerRef> {
    const layer = newLayer(format);
    this.hold([layer]);
    try {
      await onDisk(doing, () => make(this.path(layer)));
      return layer;
    } catch (error) {
      this.settle([layer]);
      throw error;
    }
  }
}
