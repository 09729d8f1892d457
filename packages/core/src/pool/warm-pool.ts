import type { PreparedImage } from '../images/prepare/prepared-image.js';
import type { Logger } from '../logging/logger.js';
import type { StartRequest } from '../machine/start-request.js';
import type { RuntimeMeters } from '../metrics/runtime-meters.js';
import { haveSameRights } from '../machine/container-spec.js';
import type { BoxConfig } from '../options/box-config.js';
import type { PoolPlan } from './pool-plan.js';
import type { PooledVm } from './pooled-vm.js';
import { Stock } from './stock.js';

export interface WarmPoolParts {
  plan: PoolPlan;
  make: (signal: AbortSignal) => Promise<PooledVm>;
  meters: RuntimeMeters;
  log: Pick<Logger, 'warn'>;
}

/** What decides whether a Box can have a VM of the pool. */
export type Claim = Pick<StartRequest, 'config' | 'image' | 'disk' | 'accelerator'>;

/**
 * VMs that run and are warm, for Boxes to come: the oldest is claimed first, and replaced once its Box has started.
 *
 * They are attached: they end with this process, however that ends. One that ends by itself is gone from here at once.
 */
export class WarmPool {
  readonly #plan: PoolPlan;
  readonly #parts: WarmPoolParts;
  readonly #stock: Stock<PooledVm>;

  constructor(parts: WarmPoolParts) {
    const { plan, make, meters, log } = parts;
    this.#plan = plan;
    this.#parts = parts;
    this.#stock = new Stock<PooledVm>({
      what: 'VM of the pool',
      size: plan.size,
      make,
      onCount: (count) => {
        meters.machinesPooled(count);
      },
      log,
    });
  }

  /** A VM for this Box, the Box's own from here on; undefined when there is none, or none that can be what the Box asks for. */
  claim(request: Claim): PooledVm | undefined {
    const { meters } = this.#parts;
    const pooled = this.#fits(request) ? this.#stock.take() : undefined;
    if (pooled === undefined) meters.poolMissed();
    else meters.poolClaimed();
    return pooled;
  }

  /** Begins to make what is missing. To be called when a start is over, as it would slow that down. */
  refill(): void {
    this.#stock.refill();
  }

  /** Ends all VMs of the pool. Idempotent. */
  close(): Promise<void> {
    return this.#stock.close();
  }

  #fits(request: Claim): boolean {
    const { config, accelerator } = request;
    const { config: ours, hasImage } = this.#plan;
    const oldest = this.#stock.peek();
    // A machine that runs gets no more devices.
    if (oldest?.vm.record.accelerator !== accelerator || config.detach || config.volumes.length > 0) return false;
    if (config.cpus !== ours.cpus || config.memoryMib !== ours.memoryMib) return false;
    if (!hasImage) return config.diskSizeMib <= ours.diskSizeMib;
    return oldest.image !== undefined && this.#fitsContainer(request, oldest.image);
  }

  /** A container cannot get another disk, nor other rights. */
  #fitsContainer({ config, image, disk }: Claim, ready: PreparedImage): boolean {
    const { config: ours } = this.#plan;
    if (disk !== null || config.diskSizeMib !== ours.diskSizeMib) return false;
    if (!haveSameRights(config, ours)) return false;
    if (image.digest === ready.digest) return true;
    // The name means another image by now.
    if (sameSource(config, ours)) this.#stock.clear();
    return false;
  }
}

const sameSource = ({ source: a }: BoxConfig, { source: b }: BoxConfig): boolean =>
  a.kind === 'image' ? b.kind === 'image' && a.reference === b.reference : b.kind === a.kind && a.path === b.path;
