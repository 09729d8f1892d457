import { BoxliteError, checkOptions } from '@boxlite/shared';
import type { BoxController } from '../box/box-controller.js';
import type { SnapshotRecord } from './snapshot-record.js';

/** What is known of a snapshot; plain data. */
export interface SnapshotInfo {
  name: string;
  /** ISO 8601, UTC. */
  createdAt: string;
  /** Whether it has the Box's memory too, with all its processes; otherwise the disk only. */
  memory: boolean;
  /** Bytes of disk that its memory takes, beyond what it shares with others. */
  sizeBytes: number;
}

/**
 * What a Box was at other times: its disk, and the memory of one that ran. Each can be restored any number of times, also after the
 * runtime was closed, and be the beginning of other Boxes (`LiteBox.clone`).
 */
export class BoxSnapshots {
  // Not a property of TypeScript's: whoever prints a Box need not see its secrets.
  readonly #controller: BoxController;

  /** @internal Of `LiteBox.snapshots`. */
  constructor(controller: BoxController) {
    this.#controller = controller;
  }

  /**
   * Keeps what the Box is at this moment. A guest that runs stands still for some milliseconds.
   * @throws BoxliteError `AlreadyExists`; `InvalidArgument` for a bad name; `InvalidState` when the Box was never started, starts or stops;
   *   `ResourceExhausted` or `Storage` when it cannot be written: the Box goes on, and nothing is left of it.
   */
  async create(name: string): Promise<SnapshotInfo> {
    checkName(name);
    const controller = this.#controller;
    controller.snapshots.checkFree(name);
    const shape = await controller.shape();
    await using capture = await controller.capture();
    const info = await this.#info(await controller.snapshots.add(name, capture, shape));
    controller.tell('snapshot-created', { snapshot: name, memory: info.memory });
    return info;
  }

  /** Newest first. */
  list(): Promise<SnapshotInfo[]> {
    return Promise.all(this.#controller.snapshots.all.map((record) => this.#info(record)));
  }

  /**
   * Puts the Box back to what it was then. What it is now is lost; a Box that runs is ended as by a power cut. With memory it runs
   * afterwards, its processes going on where they were; otherwise it is stopped.
   * @param options `memory`: false for the disk only.
   * @throws BoxliteError `NotFound`; `Storage`, reason `snapshot-damaged`; `UnsupportedEngine`, reason `snapshot-machine`. The Box is as it
   *   was then, before anything is changed.
   */
  async restore(name: string, options: { memory?: boolean } = {}): Promise<void> {
    checkOptions(options, 'the restore of a snapshot', ['memory']);
    const { memory = true } = options;
    const controller = this.#controller;
    const record = controller.snapshots.get(name);
    using saved = memory ? await controller.snapshots.open(record, await controller.shape()) : undefined;
    await controller.goBack(record, saved === undefined ? undefined : { saved, origin: 'snapshot' });
  }

  /** @throws BoxliteError `NotFound`. */
  async remove(name: string): Promise<void> {
    await this.#controller.removeSnapshot(name);
  }

  async #info(record: SnapshotRecord): Promise<SnapshotInfo> {
    const { name, createdAt, machine } = record;
    return { name, createdAt, memory: machine !== null, sizeBytes: await this.#controller.snapshots.sizeBytes(record) };
  }
}

const checkName = (name: string): void => {
  if (typeof name === 'string' && /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(name)) return;
  const rule = 'a name starts with a letter or digit and has letters, digits, _, . and - only, at most 128';
  throw new BoxliteError('InvalidArgument', `the name of the snapshot is ${JSON.stringify(name)}; ${rule}`);
};
