import { type CallHandlers, PortalCall, type PortalChannel } from '@boxlite/shared';
import { CareService, type Health, type WatchHealthRequest } from '@boxlite/shared/protocol';

import { type BoxHealth, readHealth } from './health.js';

/** Between two messages that are read. The guest sends the newest state; one that flaps or floods takes no more time of ours than this. */
const LEAST_INTERVAL_MS = 100;

/** Hears of a guest's health until the session ends, or {@link setCare} orders something else. Holds one message at a time. */
export class HealthWatch implements CallHandlers<Health> {
  readonly #call: PortalCall<WatchHealthRequest, Health>;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    channel: PortalChannel,
    private readonly onHealth: (health: BoxHealth) => void,
    private readonly onOver: () => void,
  ) {
    this.#call = new PortalCall(channel, CareService.watchHealth, 'watch the health of the Box', this);
    this.#call.send({});
    this.#call.end();
    this.#call.read();
  }

  /** @internal */
  onMessage(message: Health): void {
    const health = readHealth(message);
    if (health === undefined) {
      this.#call.violated('a health that cannot be');
      return;
    }
    this.onHealth(health);
    this.#timer = setTimeout(() => {
      this.#call.read();
    }, LEAST_INTERVAL_MS);
    this.#timer.unref();
  }

  /** @internal */
  onEnd(): void {
    clearTimeout(this.#timer);
    this.onOver();
  }
}
