import type { RecoveryTeller } from '../recovery/recovery-report.js';
import { StandbyPlace } from './standby-place.js';
import { Standby, type StandbyParts } from './standby.js';
import { makePooled, type WarmUpParts } from './warm-up.js';
import type { PoolPlan } from './pool-plan.js';
import { WarmPool } from './warm-pool.js';

export interface AheadParts extends WarmUpParts, Omit<StandbyParts, 'size'> {
  /** How many VMs wait for a template's state at most. */
  standby: number;
  /** Undefined: no VMs are kept running. */
  pool: PoolPlan | undefined;
}

/** A start is over when its container is ready; its first command, which mostly follows at once, is to have the processors for itself. */
const REST_MS = 100;

/** What a runtime makes ahead of its Boxes: all in the background, and all of it gone with the runtime. */
export class Ahead {
  readonly standby: Standby | undefined;
  readonly pool: WarmPool | undefined;
  #rest: NodeJS.Timeout | undefined;

  constructor(private readonly parts: AheadParts) {
    const { standby, pool } = parts;
    if (standby > 0) this.standby = new Standby({ ...parts, size: standby });
    if (pool !== undefined) this.pool = new WarmPool({ ...parts, plan: pool, make: (signal) => makePooled(parts, pool, signal) });
  }

  /** Removes what an earlier runtime left. To be called once, before all else. */
  async recover(notes: RecoveryTeller): Promise<void> {
    for (const name of await StandbyPlace.removeAll(this.parts.directory))
      notes.tell({ action: 'removed', kind: 'file', name, detail: 'the place of a VM that waited for a Box' });
  }

  /** Begins to make what is missing. */
  refill(): void {
    this.pool?.refill();
    this.standby?.refill();
  }

  /** Begins to make what is missing, when a start that is over just now is not slowed down by it. */
  refillSoon(): void {
    this.#rest ??= setTimeout(() => {
      this.#rest = undefined;
      this.refill();
    }, REST_MS).unref();
  }

  /** Ends all that has no Box. Idempotent. */
  async close(): Promise<void> {
    clearTimeout(this.#rest);
    await Promise.all([this.pool?.close(), this.standby?.close()]);
  }
}
