import type { BoxInfo, LiteBox, SnapshotInfo } from '@boxlite/core';

/** A state of a Box that it can be put back to: its disk, and its memory when it ran. */
export interface JsSnapshotInfo {
  /** As `name`, which is unique in the Box. */
  id: string;
  boxId: string;
  name: string;
  /** In seconds since 1970. */
  createdAt: number;
  /** The size of the Box's disk. */
  containerDiskBytes: number;
  /** What it takes on the host's disk. */
  sizeBytes: number;
}

/** Snapshots of a Box. One that runs goes on from its memory when it is put back. */
export class JsSnapshotHandle {
  readonly #box: LiteBox;

  constructor(box: LiteBox) {
    this.#box = box;
  }

  #info({ name, createdAt, sizeBytes }: SnapshotInfo, { id: boxId, diskSizeMib }: BoxInfo): JsSnapshotInfo {
    const containerDiskBytes = diskSizeMib * 1024 * 1024;
    return { id: name, boxId, name, createdAt: Math.floor(Date.parse(createdAt) / 1000), containerDiskBytes, sizeBytes };
  }

  /** Keeps the Box's state of now. */
  async create(name: string): Promise<JsSnapshotInfo> {
    return this.#info(await this.#box.snapshots.create(name), await this.#box.info());
  }

  /** All of the Box. */
  async list(): Promise<JsSnapshotInfo[]> {
    const box = await this.#box.info();
    return (await this.#box.snapshots.list()).map((info) => this.#info(info, box));
  }

  /** One by its name; null when there is none of that name. */
  async get(name: string): Promise<JsSnapshotInfo | null> {
    return (await this.list()).find((info) => info.name === name) ?? null;
  }

  /** Puts the Box back to it. */
  async restore(name: string): Promise<void> {
    await this.#box.snapshots.restore(name);
  }

  /** Forgets it. */
  async remove(name: string): Promise<void> {
    await this.#box.snapshots.remove(name);
  }
}
