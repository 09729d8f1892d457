import type { RecoveryTeller } from '../recovery/recovery-report.js';
import type { PreparedImage } from '../images/prepare/prepared-image.js';
import type { BoxConfig } from '../options/box-config.js';
import { type StartVolumes, startVolumes } from './start-volumes.js';
import { VolumeClaims } from './volume-claims.js';
import { newVolume, VolumeManager } from './volume-manager.js';
import { isNamed } from './volume-options.js';
import { VolumeStore } from './volume-store.js';

export interface HomeVolumesParts {
  /** Where the named volumes lie. */
  directory: string;
  boxes: {
    /** The ids of the Boxes that name the volume, running or not. */
    usersOfVolume(name: string): string[];
    /** Those that may have a VM. */
    withMachine(): readonly BoxConfig[];
  };
  /** Runs work that no Box is added or removed during. @throws BoxliteError `Stopped` when the runtime is closed. */
  exclusive: <T>(work: () => Promise<T>) => Promise<T>;
}

/** All that a runtime has for the volumes of its Boxes. */
export class HomeVolumes {
  readonly manager: VolumeManager;
  readonly #store: VolumeStore;
  readonly #claims: VolumeClaims;

  constructor({ directory, boxes, exclusive }: HomeVolumesParts) {
    this.#store = new VolumeStore(directory);
    this.#claims = new VolumeClaims(() => boxes.withMachine());
    this.manager = new VolumeManager({ store: this.#store, usedBy: (name) => boxes.usersOfVolume(name), exclusive });
  }

  /** Finds what there is. To be called once, before all else. */
  recover(notes: RecoveryTeller): Promise<void> {
    return this.#store.recover(notes);
  }

  /** Makes the named volumes of a new Box that are missing; no Box is added or removed meanwhile. */
  async ensure({ volumes }: BoxConfig): Promise<void> {
    for (const { name } of volumes.filter(isNamed)) {
      if (this.#store.find(name) === undefined) await this.#store.create(newVolume({ name }));
    }
  }

  /** See {@link VolumeClaims.claim}. */
  claim(config: BoxConfig): Disposable {
    return this.#claims.claim(config);
  }

  /** What a Box's volumes are for its VM and guest; see {@link startVolumes}. */
  forStart({ volumes, user }: BoxConfig, image: PreparedImage): StartVolumes | undefined {
    return startVolumes(volumes, user ?? image.config.user, this.#store);
  }
}
