import { errorMessage } from '@boxlite/shared';
import type { Logger } from '../logging/logger.js';

/** Something that is made ahead, and may be of no use any more before it is needed. */
export interface Stocked {
  /** Resolves when it is of no use any more, with the reason; never rejects. */
  readonly gone: Promise<string>;
  /** Ends it; nothing of it is left. */
  end(): Promise<void>;
}

export interface StockOptions<Item> {
  /** What there is a stock of, for the log. */
  what: string;
  /** The most that there are at a time, the one that is being made included. */
  size: number;
  make: (signal: AbortSignal) => Promise<Item>;
  /** Told of each change of how many there are. */
  onCount: (count: number) => void;
  log: Pick<Logger, 'warn'>;
}

/** After the first failure; doubled by each that follows, until one is taken. */
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 60_000;

/**
 * Keeps up to `size` items ready and hands out the oldest first.
 *
 * ```text
 * refill ─▶ make one after the other ─▶ ready ── take ─▶ the taker's own
 *              └─ fails ─▶ waits, longer each time        └─ gone by itself ─▶ ended, and replaced after a while
 * ```
 *
 * All is decided without waiting, so that no item has two takers. It makes nothing by itself before the first {@link refill}.
 */
export class Stock<Item extends Stocked> {
  readonly #options: StockOptions<Item>;
  readonly #abort = new AbortController();
  readonly #ready: Item[] = [];
  readonly #ending = new Set<Promise<void>>();
  #filling: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(options: StockOptions<Item>) {
    this.#options = options;
  }

  get count(): number {
    return this.#ready.length;
  }

  /** The oldest, which is the taker's from here on. */
  take(): Item | undefined {
    const item = this.#ready.shift();
    if (item === undefined) return undefined;
    this.#failures = 0;
    this.#options.onCount(this.count);
    return item;
  }

  /** What {@link take} would give. */
  peek(): Item | undefined {
    return this.#ready[0];
  }

  /** Begins to make what is missing, in the background; does nothing while that is under way, or has failed just now. */
  refill(): void {
    const { size } = this.#options;
    if (this.#abort.signal.aborted || this.#filling !== undefined || this.#retry !== undefined || this.count >= size) return;
    this.#filling = this.#fill().finally(() => (this.#filling = undefined));
  }

  /** Ends all that there are: others are wanted. */
  clear(): void {
    for (const item of this.#ready.splice(0)) this.#end(item);
    this.#options.onCount(0);
  }

  /** Ends all that there are, and what is being made; nothing is made afterwards. Idempotent. */
  async close(): Promise<void> {
    this.#abort.abort();
    clearTimeout(this.#retry);
    if (this.count > 0) this.clear();
    await this.#filling;
    await Promise.all(this.#ending);
  }

  async #fill(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted && this.count < this.#options.size) {
      try {
        this.#add(await this.#options.make(signal));
      } catch (error) {
        this.#failed(`a ${this.#options.what} could not be made`, errorMessage(error));
        return;
      }
    }
  }

  #add(item: Item): void {
    if (this.#abort.signal.aborted) {
      this.#end(item);
      return;
    }
    this.#ready.push(item);
    this.#options.onCount(this.count);
    void item.gone.then((why) => {
      const index = this.#ready.indexOf(item);
      if (index < 0) return;
      this.#ready.splice(index, 1);
      this.#options.onCount(this.count);
      this.#end(item);
      this.#failed(`a ${this.#options.what} ended by itself`, why);
    });
  }

  #end(item: Item): void {
    const { what, log } = this.#options;
    const ended = item
      .end()
      .catch((error: unknown) => {
        log.warn(`a ${what} could not be ended`, { error: errorMessage(error) });
      })
      .finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }

  #failed(event: string, why: string): void {
    if (this.#abort.signal.aborted || this.#retry !== undefined) return;
    const retryMs = Math.min(FIRST_RETRY_MS * 2 ** this.#failures, LAST_RETRY_MS);
    this.#failures += 1;
    this.#options.log.warn(event, { error: why, retryMs });
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.refill();
    }, retryMs);
    // Nobody waits for it.
    this.#retry.unref();
  }
}
