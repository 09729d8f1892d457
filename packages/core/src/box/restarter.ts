import { errorMessage } from '@boxlite/shared';
import type { BoxAction, EventAttributes } from '../events/runtime-event.js';
import type { Logger } from '../logging/logger.js';
import type { BoxConfig } from '../options/box-config.js';
import { type Ending, ranWell, restartDelay, wantsRestart } from '../options/restart-policy.js';
import type { StateKeeper } from './state-keeper.js';

export interface RestarterHost {
  readonly config: BoxConfig;
  readonly keeper: StateKeeper;
  readonly log: Logger;
  tell(action: BoxAction, attributes: EventAttributes): void;
  /** Starts the Box, unless somebody has meanwhile. `restarts` is in its state then. */
  restart(restarts: number): Promise<void>;
}

/**
 * Starts a Box again that has ended by itself, as its policy says: after a while, which is longer each time it does not last.
 *
 * ```
 * armed ──the Box ends by itself──▶ waits ──▶ starts it ──▶ armed
 *   ▲                                │ cancel        └─ fails ─▶ waits …
 *   └─── arm (somebody starts it) ── off ◀── cancel (somebody stops, removes or closes it)
 * ```
 *
 * A detached Box whose runtime is closed while it waits is started by the next one.
 */
export class Restarter {
  #armed = true;
  #inARow = 0;
  #timer: NodeJS.Timeout | undefined;
  #starting: Promise<void> | undefined;

  constructor(private readonly host: RestarterHost) {}

  /** Somebody starts the Box. */
  arm(): void {
    this.#stopWaiting();
    this.#armed = true;
    this.#inARow = 0;
  }

  /** Somebody wants it to stay as it is. */
  cancel(): void {
    this.leave();
    const { keeper } = this.host;
    if (keeper.state.restartPending) void keeper.regardless(keeper.change({ restartPending: false }));
  }

  /** What waits is for the next runtime to start. */
  leave(): void {
    this.#stopWaiting();
    this.#armed = false;
  }

  /** The Box has ended by itself; its state says so already. */
  ended(ending: Ending): void {
    if (!this.#armed) return;
    const { config, keeper } = this.host;
    const { main, restarts, startedAt, stoppedAt } = keeper.state;
    const exit = main?.exit ?? null;
    const failed = exit === null || exit.exitCode !== 0;
    const onUnhealthy = config.healthCheck === null || config.healthCheck === 'none' ? 'none' : config.healthCheck.onUnhealthy;
    if (!wantsRestart(config.restart, onUnhealthy, ending, { restarts, failed })) return;
    if (ranWell(startedAt, stoppedAt)) this.#inARow = 0;
    // What an earlier runtime has left has waited already.
    const delayMs = ending === 'lost' ? 0 : restartDelay(this.#inARow);
    this.#inARow += 1;
    this.host.tell('restarting', { ending, delayMs, restarts: restarts + 1 });
    void keeper.regardless(keeper.change({ restartPending: true }));
    this.#wait(delayMs, restarts + 1);
  }

  /** An earlier runtime was closed while the Box waited to be started again. */
  takeUp(): void {
    this.#wait(0, this.host.keeper.state.restarts + 1);
  }

  /** Resolves when no start is under way. */
  async settled(): Promise<void> {
    await this.#starting;
  }

  #wait(delayMs: number, restarts: number): void {
    this.#stopWaiting();
    const run = (): void => {
      this.#timer = undefined;
      this.#starting = this.#start(restarts).finally(() => {
        this.#starting = undefined;
      });
    };
    if (delayMs === 0) run();
    else this.#timer = setTimeout(run, delayMs);
  }

  async #start(restarts: number): Promise<void> {
    try {
      await this.host.restart(restarts);
    } catch (error) {
      this.host.log.warn('a Box could not be started again', { box: this.host.config.id, error: errorMessage(error) });
      this.ended('crashed');
    }
  }

  #stopWaiting(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
