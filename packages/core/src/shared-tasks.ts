import { AbortError, throwIfAborted } from '@boxlite/shared';

export interface Waiter<Event> {
  signal?: AbortSignal | undefined;
  onEvent?: ((event: Event) => void) | undefined;
}

class Task<Value, Event> {
  readonly #abort = new AbortController();
  readonly #waiters = new Set<Waiter<Event>>();
  readonly #value: Promise<Value>;

  constructor(start: (signal: AbortSignal, emit: (event: Event) => void) => Promise<Value>) {
    this.#value = start(this.#abort.signal, (event) => {
      for (const { onEvent } of this.#waiters) onEvent?.(event);
    });
    // Each waiter has its own view of the outcome; without one it concerns nobody.
    this.#value.catch(() => undefined);
  }

  get isGivenUp(): boolean {
    return this.#abort.signal.aborted;
  }

  async settled(): Promise<void> {
    await this.#value.catch(() => undefined);
  }

  /** Gives the outcome to one waiter, who may leave before it is there; the last one to leave ends the task. */
  join(waiter: Waiter<Event>): Promise<Value> {
    this.#waiters.add(waiter);
    return new Promise<Value>((resolve, reject) => {
      const leave = () => {
        waiter.signal?.removeEventListener('abort', onAbort);
        this.#waiters.delete(waiter);
      };
      const onAbort = () => {
        leave();
        if (this.#waiters.size === 0) this.#abort.abort(waiter.signal?.reason);
        reject(new AbortError(waiter.signal?.reason));
      };
      waiter.signal?.addEventListener('abort', onAbort, { once: true });
      this.#value.then(resolve, reject).finally(leave);
    });
  }
}

/**
 * Work that is done once however many ask for it at the same time.
 *
 * Whoever asks while it runs joins it. It is aborted when all who asked have left; then a newcomer waits for its end and begins anew, so that there are
 * never two at once for a key.
 */
export class SharedTasks<Value, Event = never> {
  readonly #tasks = new Map<string, Task<Value, Event>>();

  async run(
    key: string,
    waiter: Waiter<Event>,
    start: (signal: AbortSignal, emit: (event: Event) => void) => Promise<Value>,
  ): Promise<Value> {
    throwIfAborted(waiter.signal);
    for (let running = this.#tasks.get(key); running?.isGivenUp; running = this.#tasks.get(key)) {
      await running.settled();
      throwIfAborted(waiter.signal);
    }
    const present = this.#tasks.get(key);
    if (present !== undefined) return present.join(waiter);
    const task = new Task(start);
    this.#tasks.set(key, task);
    void task.settled().then(() => {
      this.#tasks.delete(key);
    });
    return task.join(waiter);
  }

  /** Waits until nothing is under way. */
  async idle(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.all([...this.#tasks.values()].map((task) => task.settled()));
  }
}
