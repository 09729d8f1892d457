import type { BoxLayout } from '@boxlite/shared';
import type { Logger } from '../logging/logger.js';
import { writeBoxState } from './box-files.js';
import type { BoxState } from './box-state.js';
import { type BoxEvent, transition } from './box-status.js';

/**
 * Keeps a Box's state, in memory and in `state.json`.
 *
 * A step is decided and visible at once, so that two events never start from the same state; it is on disk when the promise resolves.
 * Writes follow one another, each with the newest state. When one fails, memory still says what is true, and the next write repeats it.
 */
export class StateKeeper {
  #state: BoxState;
  #written: Promise<void> = Promise.resolve();

  constructor(
    private readonly layout: BoxLayout,
    private readonly log: Logger,
    state: BoxState,
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
    return this.change({ ...changes, status: transition(this.#state.status, event) });
  }

  /** @throws BoxliteError `Storage` when it could not be written. */
  change(changes: Partial<BoxState>): Promise<void> {
    this.#state = { ...this.#state, ...changes };
    this.#written = this.#written.catch(() => undefined).then(() => writeBoxState(this.layout, this.#state));
    // Who waits sees the failure; nobody has to wait.
    this.#written.catch(() => undefined);
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
  }
}
