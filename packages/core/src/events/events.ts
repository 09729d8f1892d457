import type { BoxConfig } from '../options/box-config.js';
import type { EventLog } from './event-log.js';
import { EventQueue } from './event-queue.js';
import type { BoxAction, EventAttributes, ImageAction, RuntimeEvent } from './runtime-event.js';

/** Tells all who listen, and the home's event log, of what happens. Nobody waits for either. */
export class Events {
  readonly #queues = new Set<EventQueue>();
  #closed = false;

  /** @param log Where other processes read of it; undefined keeps no log. */
  constructor(private readonly log: EventLog | undefined) {}

  ofBox({ id, name }: Pick<BoxConfig, 'id' | 'name'>, action: BoxAction, attributes: EventAttributes = {}): void {
    this.#tell({ time: new Date().toISOString(), type: 'box', action, id, name, attributes });
  }

  ofImage(digest: string, reference: string | null, action: ImageAction, attributes: EventAttributes = {}): void {
    this.#tell({ time: new Date().toISOString(), type: 'image', action, id: digest, name: reference, attributes });
  }

  /**
   * What happens from now on, from the call and not the first read. Ends when the signal fires, with what that gives as its reason, and
   * well when this is closed.
   */
  listen(signal?: AbortSignal): AsyncIterableIterator<RuntimeEvent, undefined> {
    const onAbort = (): void => {
      queue.end({ cause: signal?.reason });
    };
    const queue = new EventQueue(() => {
      this.#queues.delete(queue);
      signal?.removeEventListener('abort', onAbort);
    });
    this.#queues.add(queue);
    if (this.#closed) queue.end();
    else if (signal?.aborted === true) onAbort();
    else signal?.addEventListener('abort', onAbort);
    return queue;
  }

  /** Ends all iterations; what has been told is in the log then. Nothing is told afterwards. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const queue of this.#queues) queue.end();
    await this.log?.close();
  }

  #tell(event: RuntimeEvent): void {
    if (this.#closed) return;
    for (const queue of this.#queues) queue.push(event);
    this.log?.append(event);
  }
}
