import { Mutex } from 'async-mutex';

/** Keeps what is being downloaded, loaded or built from being collected; see {@link BlobLeases}. */
export class BlobLease {
  readonly #release: () => void;
  #released = false;

  constructor(release: () => void) {
    this.#release = release;
  }

  /** Idempotent. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#release();
  }
}

/**
 * Which digests are in use by work that is under way, though no index names them yet.
 *
 * Whoever takes a lease first waits until a running collection has ended, so what is found present afterwards stays present.
 */
export class BlobLeases {
  readonly #counts = new Map<string, number>();
  readonly #collection = new Mutex();

  hold(digests: readonly string[]): Promise<BlobLease> {
    return this.#collection.runExclusive(() => {
      for (const digest of digests) this.#counts.set(digest, (this.#counts.get(digest) ?? 0) + 1);
      return new BlobLease(() => {
        for (const digest of digests) {
          const count = (this.#counts.get(digest) ?? 0) - 1;
          if (count > 0) this.#counts.set(digest, count);
          else this.#counts.delete(digest);
        }
      });
    });
  }

  /**
   * Runs a collection; it must keep what is in `held`, and what an index names that is read after this began. Work that ended before has put its names
   * there, work that goes on is in `held`, and no other begins.
   */
  collect<T>(work: (held: ReadonlySet<string>) => Promise<T>): Promise<T> {
    return this.#collection.runExclusive(() => work(new Set(this.#counts.keys())));
  }
}
