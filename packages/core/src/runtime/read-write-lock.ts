import { Semaphore } from 'async-mutex';

const READERS = 1 << 20;

/** Many readers or one writer, first come, first served. Guards the mutable state of a runtime; never held across a boot or a pull. */
export class ReadWriteLock {
  readonly #semaphore = new Semaphore(READERS);

  read<T>(work: () => Promise<T> | T): Promise<T> {
    return this.#semaphore.runExclusive(work, 1);
  }

  write<T>(work: () => Promise<T> | T): Promise<T> {
    return this.#semaphore.runExclusive(work, READERS);
  }
}
