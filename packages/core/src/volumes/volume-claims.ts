import { BoxliteError } from '@boxlite/shared';
import type { BoxConfig } from '../options/box-config.js';
import { isNamed } from './volume-options.js';

type Claimant = Pick<BoxConfig, 'id' | 'name' | 'volumes'>;

/**
 * Which Box may have which named volume while it runs: any number may read one, or a single one writes to it. Two kernels that have the same
 * file system mounted would destroy it.
 */
export class VolumeClaims {
  readonly #starting = new Map<string, Claimant>();

  /** @param running the Boxes that may have a VM */
  constructor(private readonly running: () => readonly Claimant[]) {}

  /**
   * To be called before a start, and released when that is over: the Box is one of those that run then.
   * @throws BoxliteError `InvalidState`, reason `volume-in-use`, naming the volume and the Box that has it.
   */
  claim(box: Claimant): Disposable {
    const others = new Map([...this.running(), ...this.#starting.values()].map((other) => [other.id, other]));
    others.delete(box.id);
    for (const { name, readOnly } of box.volumes.filter(isNamed)) {
      for (const other of others.values()) {
        const theirs = other.volumes.filter(isNamed).find((volume) => volume.name === name);
        if (theirs === undefined || (readOnly && theirs.readOnly)) continue;
        const holder = other.name ?? other.id;
        const way = theirs.readOnly ? 'reads it' : 'writes to it';
        throw new BoxliteError(
          'InvalidState',
          `Box ${box.id} cannot have the volume '${name}' while Box ${holder} runs, which ${way}; stop that one first, or have both use it read-only`,
          { reason: 'volume-in-use' },
        );
      }
    }
    this.#starting.set(box.id, box);
    return { [Symbol.dispose]: () => void this.#starting.delete(box.id) };
  }
}
