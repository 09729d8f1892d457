import type { AgentSession } from '@boxlite/agent';
import type { BoxLayout } from '@boxlite/shared';
import type { Accelerator, Disk, Vm, VmRecord } from '@boxlite/shim';
import type { DiskChain } from '../disks/disk-chain.js';
import type { DiskStore } from '../disks/disk-store.js';
import type { PreparedImage } from '../images/prepare/prepared-image.js';
import type { BoxConfig } from '../options/box-config.js';
import type { StartVolumes } from '../volumes/start-volumes.js';
import { imageDisk, type MachineShape, type VmPlace } from './machine-shape.js';
import type { SavedMachine } from './saved-machine.js';
import type { StartOrigin } from './start-origin.js';

/** A VM whose agent is spoken to. */
export interface Machine {
  vm: Vm;
  session: AgentSession;
}

export interface StartedMachine extends Machine {
  origin: StartOrigin;
}

export interface StartRequest {
  config: BoxConfig;
  layout: BoxLayout;
  image: PreparedImage;
  /** The Box's writable disk; none at the first start. */
  disk: DiskChain | null;
  /** Records the disk that the first start has made, before anything is written to it. Its maker's hold ends. */
  nameDisk: (disk: DiskChain) => Promise<void>;
  /** None for a Box without any. */
  volumes: StartVolumes | undefined;
  accelerator: Accelerator;
  /** What to start from, container included, in place of what there is to start from. */
  from?: { saved: SavedMachine; origin: 'clone' | 'snapshot' } | undefined;
  signal: AbortSignal;
  /** Called as soon as a process exists, before anything is waited for: what is recorded here is found again after a crash. */
  onLaunched: (record: VmRecord) => Promise<void>;
}

export const shapeOf = ({ config: { cpus, memoryMib }, accelerator, volumes }: StartRequest): MachineShape => ({
  cpus,
  memoryMib,
  accelerator,
  volumes: volumes?.shape,
});

/** Where and how the Box's VM is to run. */
export const placeOf = ({ config, layout, volumes }: StartRequest): VmPlace => ({
  directory: layout.root,
  detach: config.detach,
  ...(volumes?.share === undefined ? {} : { share: volumes.share }),
});

/** The Box's disks as the VM sees them; a writable one is made when there is none, once however often this is asked. */
export class StartDisks {
  #disks: Promise<Disk[]> | undefined;

  constructor(
    private readonly request: StartRequest,
    private readonly store: DiskStore,
  ) {}

  /** @param content A raw layer to begin with a copy of. @defaultValue an empty file system */
  get(content?: string): Promise<Disk[]> {
    this.#disks ??= this.#make(content);
    return this.#disks;
  }

  async #make(content: string | undefined): Promise<Disk[]> {
    const { config, image, nameDisk, volumes } = this.request;
    let { disk } = this.request;
    if (disk === null) {
      disk = await (content === undefined ? this.store.create(config.diskSizeMib) : this.store.copy(content));
      await nameDisk(disk);
    }
    return [imageDisk(image.rootfs), this.store.disk(disk, config.diskSizeMib), ...(volumes?.disks ?? [])];
  }
}
