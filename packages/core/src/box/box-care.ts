import type { AgentSession, BoxHealth } from '@boxlite/agent';
import { errorMessage } from '@boxlite/shared';
import type { BoxAction, EventAttributes } from '../events/runtime-event.js';
import type { ImageConfig } from '../images/format/image-config.js';
import type { Logger } from '../logging/logger.js';
import type { BoxConfig } from '../options/box-config.js';
import { healthCheckOf } from '../options/health-check.js';
import { hasMain } from './main-process.js';
import type { StateKeeper } from './state-keeper.js';

export interface CareHost {
  readonly config: BoxConfig;
  readonly keeper: StateKeeper;
  readonly log: Logger;
  tell(action: BoxAction, attributes: EventAttributes): void;
}

/** How long whoever asks waits for an agent that was not heard of yet. */
const FIRST_WORD_MS = 2_000;

/** What a Box's agent does for it by itself: told at each start, and heard of while this runtime holds the Box. */
export class BoxCare {
  #health: BoxHealth | undefined;
  #heard: Promise<void> | undefined;

  constructor(private readonly host: CareHost) {}

  /**
   * With a VM that has just started, from whatever, or whose main process has. Boxes without such options do nothing here.
   * @param main Whether the main process runs, if there is one.
   * @throws BoxliteError `InvalidArgument` for a health check without a command.
   */
  async begin(session: AgentSession, image: ImageConfig, main: boolean): Promise<void> {
    const { config, keeper } = this.host;
    this.#health = undefined;
    this.#heard = undefined;
    const healthCheck = healthCheckOf(config.healthCheck, image.healthCheck, main && hasMain(config));
    const isChecked = healthCheck !== undefined;
    if (isChecked !== keeper.state.healthChecked) await keeper.change({ healthChecked: isChecked });
    if (!isChecked && config.idleTimeoutMs === null) return;
    await session.setCare({ healthCheck, idleTimeoutMs: config.idleTimeoutMs ?? undefined });
    if (isChecked) void this.#watch(session);
  }

  /** With a VM that an earlier runtime has left. */
  adopt(meet: () => Promise<AgentSession>): void {
    if (!this.host.keeper.state.healthChecked || this.#heard !== undefined) return;
    this.#heard = meet().then(
      (session) => this.#watch(session),
      (error: unknown) => {
        this.host.log.warn('the health of a Box is not known', { box: this.host.config.id, error: errorMessage(error) });
      },
    );
  }

  /** What the checks have come to; `null` where there are none, or nothing was heard of them yet. */
  async health(): Promise<BoxHealth | null> {
    const { healthChecked, status } = this.host.keeper.state;
    if (!healthChecked || (status !== 'running' && status !== 'paused')) return null;
    if (this.#health === undefined && this.#heard !== undefined) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, FIRST_WORD_MS);
      });
      await Promise.race([this.#heard, late]);
      clearTimeout(timer);
    }
    return this.#health ?? null;
  }

  #watch(session: AgentSession): Promise<void> {
    const heard = new Promise<void>((resolve) => {
      const over = session.watchHealth((health) => {
        const changed = this.#health?.status !== health.status;
        this.#health = health;
        resolve();
        if (changed) this.host.tell('health', { status: health.status, failingStreak: health.failingStreak });
      });
      void over.then(() => {
        resolve();
        if (this.#heard === heard) this.#heard = undefined;
      });
    });
    this.#heard = heard;
    return heard;
  }
}
