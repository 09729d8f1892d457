import { BoxliteError } from '@boxlite/shared';
import type { BoxController } from '../box/box-controller.js';
import { hasMachine } from '../state/box-lifecycle.js';
import type { BoxConfig } from '../options/box-config.js';
import { isNamed } from '../volumes/volume-options.js';
import { boxDamaged, type DamagedBox } from './damaged-box.js';

/** The Boxes of a home by id and name. */
export class BoxTable {
  readonly #byId = new Map<string, BoxController>();
  readonly #byName = new Map<string, BoxController>();

  /** Those whose files cannot be read, by id. */
  readonly damaged = new Map<string, DamagedBox>();

  /** The ids of Boxes of which some snapshot cannot be read. */
  readonly withDamagedSnapshots = new Set<string>();

  /** Whether there are layers of which it is not known that they are needed. */
  get hasUnknownLayers(): boolean {
    return this.withDamagedSnapshots.size > 0 || [...this.damaged.values()].some(({ layers }) => layers === undefined);
  }

  /** The damaged Box that is meant, unless another one is. */
  findDamaged(idOrPrefix: string): DamagedBox | undefined {
    const fitting = (id: string): boolean => idOrPrefix !== '' && id.startsWith(idOrPrefix);
    if (this.#byName.has(idOrPrefix) || [...this.#byId.keys()].some(fitting)) return undefined;
    const found = [...this.damaged.values()].filter(({ id }) => fitting(id));
    return found.length === 1 ? found[0] : undefined;
  }

  add(box: BoxController): void {
    this.#byId.set(box.config.id, box);
    if (box.config.name !== null) this.#byName.set(box.config.name, box);
  }

  /** Gives a Box another name, which nobody has. */
  rename(box: BoxController, name: string): void {
    if (box.config.name !== null) this.#byName.delete(box.config.name);
    box.config.name = name;
    this.#byName.set(name, box);
  }

  delete(id: string): void {
    const box = this.#byId.get(id);
    if (box === undefined) return;
    this.#byId.delete(id);
    this.withDamagedSnapshots.delete(id);
    if (box.config.name !== null) this.#byName.delete(box.config.name);
  }

  byId(id: string): BoxController | undefined {
    return this.#byId.get(id);
  }

  byName(name: string): BoxController | undefined {
    return this.#byName.get(name);
  }

  /** @throws BoxliteError `NotFound`; `InvalidArgument` when a prefix fits several; `Storage` for a damaged one. */
  find(idOrName: string): BoxController {
    const damaged = this.findDamaged(idOrName);
    if (damaged !== undefined) throw boxDamaged(damaged);
    const exact = this.#byId.get(idOrName) ?? this.#byName.get(idOrName);
    if (exact !== undefined) return exact;
    const fitting = idOrName === '' ? [] : [...this.#byId.values()].filter(({ config }) => config.id.startsWith(idOrName));
    const [first, second] = fitting;
    if (first === undefined)
      throw new BoxliteError('NotFound', `there is no Box '${idOrName}'; list() and 'boxlite ps --all' show those that exist`);
    if (second !== undefined) {
      throw new BoxliteError(
        'InvalidArgument',
        `'${idOrName}' is the beginning of ${String(fitting.length)} ids, ${first.config.id} and ${second.config.id} among them; give more of it`,
      );
    }
    return first;
  }

  /** @throws BoxliteError `AlreadyExists` when a Box has one of the names. */
  checkNames(configs: readonly Pick<BoxConfig, 'name'>[]): void {
    for (const { name } of configs) {
      const taken = name === null ? undefined : this.#byName.get(name);
      if (taken === undefined) continue;
      const message = `the name '${name ?? ''}' is taken by Box ${taken.config.id}; choose another name, or remove that Box`;
      throw new BoxliteError('AlreadyExists', message);
    }
  }

  /** Newest first. */
  all(): BoxController[] {
    return [...this.#byId.values()].sort((a, b) =>
      a.config.createdAt < b.config.createdAt ? 1 : a.config.createdAt > b.config.createdAt ? -1 : 0,
    );
  }

  /** The ids of the Boxes that have this named volume. */
  usersOfVolume(name: string): string[] {
    return this.all()
      .filter(({ config }) => config.volumes.some((volume) => isNamed(volume) && volume.name === name))
      .map(({ config }) => config.id);
  }

  /** The configurations of the Boxes that may have a VM. */
  withMachine(): BoxConfig[] {
    return [...this.#byId.values()].filter(({ state }) => hasMachine(state.status)).map(({ config }) => config);
  }

  /** The ids of the Boxes whose root file system is of this manifest. */
  usersOf(digest: string): string[] {
    return this.all()
      .filter(({ state }) => state.imageDigest === digest)
      .map(({ config }) => config.id);
  }
}
