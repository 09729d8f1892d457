import type { Registry } from 'prom-client';
import { prometheusRegistry } from './prometheus-registry.js';
import { TimeHistogram } from './time-histogram.js';

const START_BUCKETS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60];
const EXEC_BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5];

/** What a runtime did since it was opened; plain data. Times are seconds. */
export interface RuntimeMetrics {
  boxesCreated: number;
  boxesRemoved: number;
  /** Boxes whose VM runs at this moment and is held by this runtime. */
  boxesRunning: number;
  boxesStarted: number;
  boxStartFailures: number;
  /** VMs that ended without being asked to. */
  boxCrashes: number;
  /** Sum over all starts; divided by `boxesStarted` it is the mean. */
  boxStartSecondsTotal: number;
  executionsStarted: number;
  executionFailures: number;
  executionStartSecondsTotal: number;
  imagesPulled: number;
  imagePullFailures: number;
  imageBytesPulled: number;
  imagesPrepared: number;
  /** VMs of the warm pool that wait for their Box at this moment. */
  machinesPooled: number;
  /** Boxes that were given a VM of the pool. */
  poolClaims: number;
  /** Boxes that were not, while there is a pool: none was ready, or none could be what the Box asked for. */
  poolMisses: number;
  /** VMs that wait for the state of a template at this moment. */
  machinesWaiting: number;
  /** Boxes that were given a VM that waited. */
  standbyClaims: number;
  /** Boxes that were started from a template and were not, while VMs are to wait. */
  standbyMisses: number;
}

/** What of a runtime is measured only where it is there: no meter stays 0 for what is not. */
export interface MeteredParts {
  pool: boolean;
  standby: boolean;
}

/**
 * The runtime's meters: one source for {@link RuntimeMetrics} and for the Prometheus registry. Outside the runtime's lock.
 */
export class RuntimeMeters {
  readonly #values: RuntimeMetrics = {
    boxesCreated: 0,
    boxesRemoved: 0,
    boxesRunning: 0,
    boxesStarted: 0,
    boxStartFailures: 0,
    boxCrashes: 0,
    boxStartSecondsTotal: 0,
    executionsStarted: 0,
    executionFailures: 0,
    executionStartSecondsTotal: 0,
    imagesPulled: 0,
    imagePullFailures: 0,
    imageBytesPulled: 0,
    imagesPrepared: 0,
    machinesPooled: 0,
    poolClaims: 0,
    poolMisses: 0,
    machinesWaiting: 0,
    standbyClaims: 0,
    standbyMisses: 0,
  };
  readonly #startSeconds = new TimeHistogram(START_BUCKETS);
  readonly #execSeconds = new TimeHistogram(EXEC_BUCKETS);
  #registry: Registry | undefined;

  constructor(private readonly parts: MeteredParts) {}

  /** All meters as Prometheus has them; made when it is first asked for, with all that was counted until then. */
  get registry(): Registry {
    this.#registry ??= prometheusRegistry({
      values: this.#values,
      startSeconds: this.#startSeconds,
      execSeconds: this.#execSeconds,
      parts: this.parts,
    });
    return this.#registry;
  }

  snapshot(): RuntimeMetrics {
    return { ...this.#values };
  }

  boxCreated(): void {
    this.#values.boxesCreated += 1;
  }

  boxRemoved(): void {
    this.#values.boxesRemoved += 1;
  }

  boxStarted(seconds: number): void {
    this.#values.boxesStarted += 1;
    this.#values.boxStartSecondsTotal += seconds;
    this.#startSeconds.observe(seconds);
  }

  boxStartFailed(): void {
    this.#values.boxStartFailures += 1;
  }

  boxCrashed(): void {
    this.#values.boxCrashes += 1;
  }

  machineGained(): void {
    this.#values.boxesRunning += 1;
  }

  machineLost(): void {
    this.#values.boxesRunning -= 1;
  }

  execStarted(seconds: number): void {
    this.#values.executionsStarted += 1;
    this.#values.executionStartSecondsTotal += seconds;
    this.#execSeconds.observe(seconds);
  }

  execFailed(): void {
    this.#values.executionFailures += 1;
  }

  imagePulled(bytes: number): void {
    this.#values.imagesPulled += 1;
    this.#values.imageBytesPulled += bytes;
  }

  imagePullFailed(): void {
    this.#values.imagePullFailures += 1;
  }

  imagePrepared(): void {
    this.#values.imagesPrepared += 1;
  }

  machinesPooled(count: number): void {
    this.#values.machinesPooled = count;
  }

  poolClaimed(): void {
    this.#values.poolClaims += 1;
  }

  poolMissed(): void {
    this.#values.poolMisses += 1;
  }

  machinesWaiting(count: number): void {
    this.#values.machinesWaiting = count;
  }

  standbyTaken(): void {
    this.#values.standbyClaims += 1;
  }

  standbyMissed(): void {
    this.#values.standbyMisses += 1;
  }
}
