import type { GuestImage } from '@boxlite/agent';
import type { Logger } from '../logging/logger.js';
import type { MachineShape } from '../machine/machine-shape.js';
import type { RuntimeMeters } from '../metrics/runtime-meters.js';
import type { Template } from '../templates/template.js';
import { Stock } from './stock.js';
import { WaitingVm } from './waiting-vm.js';

/** Given to waiting VMs at least, so that Boxes of usual sizes share them: the default of a Box's disk. */
const USUAL_DISK_MIB = 4096;

export interface StandbyParts {
  /** How many VMs wait at most; at least 1. */
  size: number;
  /** The home's directory for them. */
  directory: string;
  meters: RuntimeMeters;
  log: Logger;
}

export interface WaitingNeed {
  template: Template;
  shape: MachineShape;
  guest: GuestImage;
  /** Of the Box's writable disk. */
  diskSizeMib: number;
}

interface Supply {
  template: Template;
  diskSizeMib: number;
  stock: Stock<WaitingVm>;
}

/**
 * VMs that wait for the state of the template that was used last: what of a start does not depend on the Box is done ahead.
 *
 * They are attached: they end with this process, however that ends.
 */
export class Standby {
  readonly #parts: StandbyParts;
  readonly #closing = new Set<Promise<void>>();
  #supply: Supply | undefined;
  #closed = false;

  constructor(parts: StandbyParts) {
    this.#parts = parts;
  }

  /** A waiting VM that fits, the taker's own from here on. What is asked for is what will wait. */
  take(need: WaitingNeed): WaitingVm | undefined {
    const { meters } = this.#parts;
    const waiting = this.#suited(need)?.stock.take();
    if (waiting === undefined) meters.standbyMissed();
    else meters.standbyTaken();
    return waiting;
  }

  /** Begins to make what is missing. To be called when a start is over, as it would slow that down. */
  refill(): void {
    this.#supply?.stock.refill();
  }

  /** Ends all VMs that wait. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#drop();
    await Promise.all(this.#closing);
  }

  #suited(need: WaitingNeed): Supply | undefined {
    if (this.#closed) return undefined;
    const { template, diskSizeMib } = need;
    const supply = this.#supply;
    if (supply?.template.id === template.id && supply.diskSizeMib >= diskSizeMib) return supply;
    this.#drop();
    this.#supply = this.#supplyFor(need);
    return this.#supply;
  }

  #supplyFor({ template, shape, guest, diskSizeMib }: WaitingNeed): Supply {
    const { size, directory, meters, log } = this.#parts;
    const largest = Math.max(diskSizeMib, USUAL_DISK_MIB);
    const stock = new Stock<WaitingVm>({
      what: 'waiting VM',
      size,
      make: async (signal) => {
        // There are never more than the size, those included that are wanted no longer.
        await Promise.all(this.#closing);
        return WaitingVm.launch({ saved: template, shape, guest, diskSizeMib: largest, standby: directory }, signal);
      },
      onCount: (count) => {
        if (this.#supply?.stock === stock) meters.machinesWaiting(count);
      },
      log,
    });
    return { template, diskSizeMib: largest, stock };
  }

  #drop(): void {
    const { stock } = this.#supply ?? {};
    if (stock === undefined) return;
    this.#supply = undefined;
    this.#parts.meters.machinesWaiting(0);
    const closed = stock.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}
