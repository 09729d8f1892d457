import type { BoxLayout } from '@boxlite/shared';
import type { Logger } from '../logging/logger.js';
import { syncBoxState, writeBoxState } from './box-files.js';
import type { BoxState } from './box-state.js';
import { type BoxEvent, transition } from '../state/box-lifecycle.js';

/**
 * Keeps a Box's state, in memory and in `state.json`.
 *
 * A step is decided and visible at once, so that two events never start from the same state; when the promise resolves it is in the file,
 * whatever happens to this process. That it survives a power cut as well is seen to afterwards: no start waits for a disk.
 * Writes follow one another, each with the newest state. When one fails, memory still says what is true, and the next write repeats it.
 */
export class StateKeeper {
  #state: BoxState;
  #written: Promise<void> = Promise.resolve();
  #synced: Promise<void> = Promise.resolve();
  #syncWaits = false;

  constructor(
    private readonly layout: BoxLayout,
    private readonly log: Logger,
    state: BoxState,
    private readonly onStep: (event: BoxEvent, state: BoxState) => void = () => undefined,
  ) {
    this.#state = state;
  }

  get state(): BoxState {
    return this.#state;
  }

  /**
   * Takes a step of the life of a Box.
   * @throws BoxliteError `InvalidState`, at once, for a step that there is not; `Storage` when it could not be written.
   */
  step(event: BoxEvent, changes: Partial<BoxState> = {}): Promise<void> {
    const written = this.change({ ...changes, status: transition(this.#state.status, event) });
    this.onStep(event, this.#state);
    return written;
  }

  /** @throws BoxliteError `Storage` when it could not be written. */
  change(changes: Partial<BoxState>): Promise<void> {
    this.#state = { ...this.#state, ...changes };
    this.#written = this.#written.catch(() => undefined).then(() => writeBoxState(this.layout, this.#state));
    // Who waits sees the failure; nobody has to wait.
    this.#written.then(
      () => {
        this.#syncSoon();
      },
      () => undefined,
    );
    return this.#written;
  }

  /** Waits for a change that has to go on whether it could be written or not: the world has changed already. */
  async regardless(change: Promise<void>): Promise<void> {
    try {
      await change;
    } catch (error) {
      this.log.error('the state of a Box could not be written', { directory: this.layout.root, error: String(error) });
    }
  }

  /** Resolves when nothing is being written. */
  async settled(): Promise<void> {
    await this.#written.catch(() => undefined);
    await this.#synced;
  }

  /** One sync at a time; those asked for meanwhile are one. */
  #syncSoon(): void {
    if (this.#syncWaits) return;
    this.#syncWaits = true;
    this.#synced = this.#synced.then(async () => {
      this.#syncWaits = false;
      try {
        await syncBoxState(this.layout);
      } catch (error) {
        this.log.warn('the state of a Box could not be synced', { directory: this.layout.root, error: String(error) });
      }
    });
  }
}
