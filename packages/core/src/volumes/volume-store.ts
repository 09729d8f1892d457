import { randomBytes } from 'node:crypto';
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BoxliteError, errorMessage } from '@boxlite/shared';
import type { DiskLayer } from '@boxlite/shim';
import { formatDisk } from '@boxlite/vmm';
import type { RecoveryTeller } from '../recovery/recovery-report.js';
import { moveDurably, syncFile } from '../state/files.js';
import { makeDirectories } from '../state/make-directories.js';
import { onDisk } from '../state/storage-error.js';
import { readVolumeRecord, type VolumeRecord } from './volume-record.js';

/**
 * The files of a home's named volumes, a directory each: `volume.json`, and `disk.raw`, a sparse ext4 image that is a disk of the VM that
 * has it. Its size is the volume's limit, kept by the guest's file system and, whatever the guest does, by the size of the disk.
 *
 * A directory whose name begins with a dot is in the making or being removed, and is gone when the home is opened again.
 */
export class VolumeStore {
  readonly #records = new Map<string, VolumeRecord>();
  /** What is wrong with those that cannot be read. */
  readonly #damaged = new Map<string, string>();

  constructor(private readonly directory: string) {}

  /** Finds what there is. To be called once, before all else. */
  async recover(notes: RecoveryTeller): Promise<void> {
    await onDisk(`reading ${this.directory}`, async () => {
      await makeDirectories(this.directory);
      for (const name of await readdir(this.directory)) {
        if (name.startsWith('.')) {
          await rm(join(this.directory, name), { recursive: true, force: true });
          notes.tell({ action: 'removed', kind: 'volume', name, detail: 'it was being made or removed' });
          continue;
        }
        try {
          this.#records.set(name, await readVolumeRecord(join(this.directory, name, 'volume.json'), name));
        } catch (error) {
          const detail = `${errorMessage(error)}; its files are kept in ${join(this.directory, name)}: repair volume.json, or remove the directory`;
          this.#damaged.set(name, detail);
          notes.tell({ action: 'kept-aside', kind: 'volume', name, detail });
        }
      }
    });
  }

  get all(): VolumeRecord[] {
    return [...this.#records.values()];
  }

  /** @throws BoxliteError `Storage`, reason `volume-damaged`, for one whose files cannot be read. */
  find(name: string): VolumeRecord | undefined {
    const problem = this.#damaged.get(name);
    if (problem !== undefined)
      throw new BoxliteError('Storage', `the volume '${name}' cannot be read: ${problem}`, { reason: 'volume-damaged' });
    return this.#records.get(name);
  }

  /** The volume's disk, as the engine takes it under the id `id`. */
  layer(name: string, id: string): DiskLayer {
    return { id, path: join(this.directory, name, 'disk.raw'), format: 'raw' };
  }

  /** Makes an empty volume. @throws BoxliteError `AlreadyExists`; `Storage`. */
  async create(record: VolumeRecord): Promise<void> {
    const { name, sizeMib } = record;
    if (this.find(name) !== undefined)
      throw new BoxliteError('AlreadyExists', `there is a volume '${name}' already; give another name, or remove it`);
    const making = this.#temporary();
    await onDisk(`making the volume '${name}'`, async () => {
      try {
        await makeDirectories(making);
        const disk = join(making, 'disk.raw');
        await formatDisk(disk, { sizeMib });
        await syncFile(disk);
        await writeFile(join(making, 'volume.json'), `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600, flush: true });
        await moveDurably(making, join(this.directory, name));
      } catch (error) {
        await rm(making, { recursive: true, force: true });
        throw error;
      }
    });
    this.#records.set(name, record);
  }

  /** Removes a volume with all that is on it; a crash midway leaves what {@link recover} finishes. Gives the bytes of disk that it took. */
  async remove(name: string): Promise<number> {
    return onDisk(`removing the volume '${name}'`, async () => {
      const bytes = await this.diskBytes(name);
      const removing = this.#temporary();
      await rename(join(this.directory, name), removing);
      this.#records.delete(name);
      await rm(removing, { recursive: true, force: true });
      return bytes;
    });
  }

  /** Bytes of disk that the volume takes on the host. */
  async diskBytes(name: string): Promise<number> {
    return stat(join(this.directory, name, 'disk.raw')).then(
      ({ blocks }) => blocks * 512,
      () => 0,
    );
  }

  #temporary(): string {
    return join(this.directory, `.${randomBytes(6).toString('hex')}`);
  }
}
