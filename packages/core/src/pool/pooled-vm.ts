import type { AgentSession } from '@boxlite/agent';
import type { Vm } from '@boxlite/shim';
import type { DiskChain } from '../disks/disk-chain.js';
import type { DiskStore } from '../disks/disk-store.js';
import type { PreparedImage } from '../images/prepare/prepared-image.js';
import type { Machine } from '../machine/start-request.js';
import type { StandbyPlace } from './standby-place.js';
import type { Stocked } from './stock.js';

/** What a pooled VM is made of; it takes that over. */
export interface PooledParts extends Machine {
  place: StandbyPlace;
  /** The image whose container is ready; undefined: there is none, and it can be that of any image. */
  image: PreparedImage | undefined;
  /** The VM's writable disk. Held by the pool; a Box's own once that has named it. */
  disk: DiskChain;
  diskSizeMib: number;
  disks: DiskStore;
}

/** A VM that runs and is warm, and waits for its Box. */
export class PooledVm implements Stocked {
  readonly gone: Promise<string>;
  readonly #parts: PooledParts;

  constructor(parts: PooledParts) {
    this.#parts = parts;
    const { vm, session } = parts;
    this.gone = Promise.race([
      vm.exited.then(({ engineTail }) => `the VM ended by itself${engineTail === '' ? '' : `: ${engineTail}`}`),
      session.closed.then(() => session.closeReason?.message ?? 'the session with its agent ended'),
    ]);
  }

  get vm(): Vm {
    return this.#parts.vm;
  }

  get session(): AgentSession {
    return this.#parts.session;
  }

  get place(): StandbyPlace {
    return this.#parts.place;
  }

  get image(): PreparedImage | undefined {
    return this.#parts.image;
  }

  get disk(): DiskChain {
    return this.#parts.disk;
  }

  get diskSizeMib(): number {
    return this.#parts.diskSizeMib;
  }

  /** Ends it while nothing of it is a Box's. */
  async end(): Promise<void> {
    await this.endVm();
    await this.discardDisk();
  }

  /** Ends it, but for its disk. */
  async endVm(): Promise<void> {
    const { vm, session, place } = this.#parts;
    session.close();
    await vm.kill();
    await place.remove();
  }

  /** Removes its disk, which the VM must not have any more. */
  discardDisk(): Promise<void> {
    return discardDisk(this.#parts.disks, this.#parts.disk);
  }
}

/** Removes a disk that only the pool knows. */
export const discardDisk = async (disks: DiskStore, disk: DiskChain): Promise<void> => {
  disks.settle(disk);
  await disks.remove(disk, new Set());
};
