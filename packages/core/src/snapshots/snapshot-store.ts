import { randomBytes } from 'node:crypto';
import { link, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { guestImage } from '@boxlite/agent';
import { BoxliteError, errnoCode, errorMessage } from '@boxlite/shared';
import { MemoryChanges } from '@boxlite/vmm';
import type { BoxCapture } from '../box/box-capture.js';
import type { MachineShape } from '../machine/machine-shape.js';
import type { SavedMachine } from '../machine/saved-machine.js';
import { writeFileAtomic } from '../state/atomic-file.js';
import type { RecoveryTeller } from '../recovery/recovery-report.js';
import { moveDurably, readBounded, syncFile } from '../state/files.js';
import { onDisk } from '../state/storage-error.js';
import type { FileChecksums } from '../templates/file-checksums.js';
import { machineKey } from '../templates/template-key.js';
import { SnapshotLayout } from './snapshot-layout.js';
import { checkSnapshotRecord, isSnapshotId, type SnapshotRecord } from './snapshot-record.js';

const MAX_RECORD_BYTES = 1 << 20;
const MIB = 2 ** 20;

/** A snapshot's memory, opened: to be released when the VM has it. */
export type OpenedMachine = SavedMachine & Disposable;

/**
 * The snapshots of one Box: a directory each.
 *
 * Each stands on its own: it has another name of the memory's file that its Box was started from, and names its disk's layers. Its directory
 * appears whole or not at all.
 */
export class SnapshotStore {
  readonly #records = new Map<string, SnapshotRecord>();
  /** The names of those that are being kept just now. */
  readonly #adding = new Set<string>();

  constructor(
    private readonly directory: string,
    private readonly checksums: FileChecksums,
  ) {}

  /** Newest first. */
  get all(): SnapshotRecord[] {
    return [...this.#records.values()].sort((a, b) => (a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : 0));
  }

  /** Reads what there is; removes what was never finished. Returns false when there is one that cannot be read. */
  async recover(notes: RecoveryTeller): Promise<boolean> {
    let whole = true;
    const names = await readdir(this.directory).catch(() => []);
    for (const id of names) {
      const layout = this.#layout(id);
      try {
        if (isSnapshotId(id)) {
          const bytes = await readBounded(layout.record, MAX_RECORD_BYTES);
          const record = checkSnapshotRecord(JSON.parse(bytes?.toString('utf8') ?? 'null'));
          if (record.id !== id) throw new Error('it is another one than its name says');
          this.#records.set(record.name, record);
        } else {
          await rm(layout.root, { recursive: true, force: true });
          notes.tell({ action: 'removed', kind: 'snapshot', name: layout.root, detail: 'it was being made or removed' });
        }
      } catch (error) {
        whole = false;
        const detail = `${errorMessage(error)}; its files are kept in ${layout.root}: repair snapshot.json, or remove the directory`;
        notes.tell({ action: 'kept-aside', kind: 'snapshot', name: id, detail });
      }
    }
    return whole;
  }

  /** @throws BoxliteError `NotFound`. */
  get(name: string): SnapshotRecord {
    const record = this.#records.get(name);
    if (record !== undefined) return record;
    throw new BoxliteError('NotFound', `there is no snapshot '${name}'; list() and 'boxlite snapshot ls' show those that exist`);
  }

  /** @throws BoxliteError `AlreadyExists`. */
  checkFree(name: string): void {
    if (this.#records.has(name) || this.#adding.has(name))
      throw new BoxliteError('AlreadyExists', `there is a snapshot '${name}' already; remove it first, or choose another name`);
  }

  /** Keeps a capture under a name. The capture's disk is its holder's until this has ended. */
  async add(name: string, { disk, imageDigest, machine }: BoxCapture, shape: MachineShape): Promise<SnapshotRecord> {
    this.checkFree(name);
    if (disk === null) throw new BoxliteError('InvalidState', 'the Box was never started, so there is nothing to keep');
    const id = randomBytes(6).toString('hex');
    const making = this.#layout(`.making-${id}`);
    const record: SnapshotRecord = { version: 1, id, name, createdAt: new Date().toISOString(), imageDigest, disk, machine: null };
    this.#adding.add(name);
    try {
      return await onDisk(`keeping the snapshot '${name}'`, async () => {
        // Not those above: they are gone when the Box is removed meanwhile.
        await mkdir(this.directory, { mode: 0o700 }).catch(ignoreExisting);
        await mkdir(making.root, { mode: 0o700 });
        const whole = { ...record, machine: machine === undefined ? null : await this.#keepMachine(making, machine.saved, shape) };
        await writeFileAtomic(making.record, `${JSON.stringify(whole, null, 2)}\n`);
        await moveDurably(making.root, this.#layout(id).root);
        this.#records.set(name, whole);
        return whole;
      });
    } catch (error) {
      await rm(making.root, { recursive: true, force: true });
      throw error;
    } finally {
      this.#adding.delete(name);
    }
  }

  /**
   * Opens a snapshot's memory, checked; undefined when it has none.
   * @throws BoxliteError `Storage`, reason `snapshot-damaged`; `UnsupportedEngine`, reason `snapshot-machine`, when this host's engine is another;
   *   `NotFound` when it is removed meanwhile.
   */
  async open({ id, name, machine }: SnapshotRecord, shape: MachineShape): Promise<OpenedMachine | undefined> {
    if (machine === null) return undefined;
    const { memory, devices, changes } = this.#layout(id);
    if ((await machineKey(shape, await guestImage())) !== machine.key) {
      const message = `the memory of the snapshot '${name}' was taken with another engine or on another processor; only its disk can be used here: restore it with { memory: false }`;
      throw new BoxliteError('UnsupportedEngine', message, { reason: 'snapshot-machine' });
    }
    const [memoryChecksum, devicesChecksum, read] = await Promise.allSettled([
      this.checksums.of(memory),
      this.checksums.of(devices),
      MemoryChanges.read(changes, { ramBytes: shape.memoryMib * MIB }),
    ]);
    const problem =
      memoryChecksum.status === 'rejected' || memoryChecksum.value !== machine.memoryChecksum
        ? 'the memory that it is based on'
        : devicesChecksum.status === 'rejected' || devicesChecksum.value !== machine.devicesChecksum
          ? 'the state of its devices'
          : read.status === 'rejected'
            ? `its changed memory (${errorMessage(read.reason)})`
            : undefined;
    if (problem === undefined && read.status === 'fulfilled') {
      const pages = read.value;
      return { memory, devices, changes: pages, [Symbol.dispose]: () => pages.release() };
    }
    if (read.status === 'fulfilled') read.value.release();
    // What was removed meanwhile is not damaged.
    this.get(name);
    const message = `the snapshot '${name}' is damaged: ${problem ?? ''}; its disk can still be used: restore it with { memory: false }`;
    throw new BoxliteError('Storage', message, { reason: 'snapshot-damaged' });
  }

  /** Bytes of disk that the snapshot's memory takes, beyond what it shares with others. */
  async sizeBytes({ id }: SnapshotRecord): Promise<number> {
    const { changes, devices } = this.#layout(id);
    const sizes = await Promise.all(
      [changes, devices].map((path) =>
        stat(path).then(
          ({ blocks }) => blocks * 512,
          () => 0,
        ),
      ),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Removes it; a crash midway leaves what {@link recover} finishes. */
  async remove({ id, name }: SnapshotRecord): Promise<void> {
    await onDisk(`removing the snapshot '${name}'`, async () => {
      const removing = this.#layout(`.removing-${id}`).root;
      await rename(this.#layout(id).root, removing);
      this.#records.delete(name);
      await rm(removing, { recursive: true, force: true });
    });
  }

  async #keepMachine(making: SnapshotLayout, saved: SavedMachine, shape: MachineShape): Promise<SnapshotRecord['machine']> {
    await link(saved.memory, making.memory);
    await rename(saved.devices, making.devices);
    const [key, memoryChecksum, devicesChecksum] = await Promise.all([
      guestImage().then((guest) => machineKey(shape, guest)),
      this.checksums.of(making.memory),
      this.checksums.of(making.devices),
      saved.changes?.write(making.changes),
      syncFile(making.devices),
    ]);
    return { key, memoryChecksum, devicesChecksum, changedBytes: saved.changes?.bytes ?? 0 };
  }

  #layout(name: string): SnapshotLayout {
    return new SnapshotLayout(join(this.directory, name));
  }
}

const ignoreExisting = (error: unknown): void => {
  if (errnoCode(error) !== 'EEXIST') throw error;
};
