import type { Accelerator, JailRequirement } from '@boxlite/shim';
import type { DiskChain } from '../disks/disk-chain.js';
import type { DiskStore } from '../disks/disk-store.js';
import type { Events } from '../events/events.js';
import type { PreparedImage } from '../images/prepare/prepared-image.js';
import type { Logger } from '../logging/logger.js';
import type { MachineStarter } from '../machine/start-machine.js';
import type { RuntimeMeters } from '../metrics/runtime-meters.js';
import type { BoxConfig } from '../options/box-config.js';
import type { FileChecksums } from '../templates/file-checksums.js';
import type { ProgressListener } from '../progress.js';
import type { HomeVolumes } from '../volumes/home-volumes.js';

/** What a Box needs of its runtime. */
export interface BoxHost {
  readonly log: Logger;
  readonly meters: RuntimeMeters;
  readonly events: Events;
  readonly onProgress: ProgressListener;
  readonly disks: DiskStore;
  readonly volumes: Pick<HomeVolumes, 'claim' | 'forStart'>;
  readonly checksums: FileChecksums;
  readonly starter: MachineStarter;
  /** What each Box requires of its jail, whatever its own options. */
  readonly security: readonly JailRequirement[];
  /** The digest of the image's manifest; `digest` is the one that an earlier start has used. */
  resolveImage(config: BoxConfig, digest: string | null, signal: AbortSignal): Promise<string>;
  prepareImage(digest: string, signal: AbortSignal): Promise<PreparedImage>;
  chooseAccelerator(): Promise<Accelerator>;
  /** Removes the layers of a disk that no Box and no snapshot is made of any more. */
  releaseDisk(disk: DiskChain): Promise<void>;
  /** Called once a Box with `autoRemove` has stopped. */
  removeStopped(id: string): Promise<void>;
}
