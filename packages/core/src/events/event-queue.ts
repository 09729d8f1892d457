import type { RuntimeEvent } from './runtime-event.js';

/** For a reader who takes his time. Of more, the oldest are dropped. */
const MAX_WAITING = 1024;

type Result = IteratorResult<RuntimeEvent, undefined>;

/** What one reader has not read yet. Bounded: the oldest are dropped, and the next one says how many. */
export class EventQueue implements AsyncIterableIterator<RuntimeEvent, undefined> {
  #events: RuntimeEvent[] = [];
  #missed = 0;
  #over = false;
  #failure: { cause: unknown } | undefined;
  #readers: { resolve: (result: Result) => void; reject: (error: unknown) => void }[] = [];

  /** @param onEnd Called once: nobody reads here any more. */
  constructor(
    private readonly onEnd: () => void,
    private readonly capacity = MAX_WAITING,
  ) {}

  push(event: RuntimeEvent): void {
    if (this.#over) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader.resolve({ done: false, value: event });
      return;
    }
    this.#events.push(event);
    if (this.#events.length > this.capacity) {
      this.#events.shift();
      this.#missed += 1;
    }
  }

  /** Nothing more comes. What waits is still read, unless this is a failure. */
  end(failure?: { cause: unknown }): void {
    if (this.#over) return;
    this.#over = true;
    this.#failure = failure;
    if (failure !== undefined) this.#events = [];
    for (const { resolve, reject } of this.#readers.splice(0)) {
      if (failure === undefined) resolve({ done: true, value: undefined });
      else reject(failure.cause);
    }
    this.onEnd();
  }

  next(): Promise<Result> {
    const event = this.#events.shift();
    if (event !== undefined) {
      const missed = this.#missed;
      this.#missed = 0;
      return Promise.resolve({ done: false, value: missed === 0 ? event : { ...event, missed } });
    }
    if (!this.#over) {
      return new Promise((resolve, reject) => {
        this.#readers.push({ resolve, reject });
      });
    }
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure === undefined) return Promise.resolve({ done: true, value: undefined });
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever an AbortSignal gives as its reason
    return Promise.reject(failure.cause);
  }

  return(): Promise<Result> {
    this.#events = [];
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
