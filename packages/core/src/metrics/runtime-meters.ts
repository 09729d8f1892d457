import { Counter, Gauge, Histogram, Registry } from 'prom-client';

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
 * Each runtime has a registry of its own, so that two runtimes in a process do not collide.
 */
export class RuntimeMeters {
  readonly registry = new Registry();
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
  readonly #startSeconds: Histogram;
  readonly #execSeconds: Histogram;

  constructor({ pool, standby }: MeteredParts) {
    const registers = [this.registry];
    const counter = (name: string, help: string, value: () => number): void => {
      const meter = new Counter({
        name,
        help,
        registers,
        collect: () => {
          meter.reset();
          meter.inc(value());
        },
      });
    };
    const values = this.#values;
    counter('boxlite_boxes_created_total', 'Boxes created.', () => values.boxesCreated);
    counter('boxlite_boxes_removed_total', 'Boxes removed.', () => values.boxesRemoved);
    counter('boxlite_box_start_failures_total', 'Starts of a Box that failed.', () => values.boxStartFailures);
    counter('boxlite_box_crashes_total', 'VMs that ended without being asked to.', () => values.boxCrashes);
    counter('boxlite_execution_failures_total', 'Commands that could not be started.', () => values.executionFailures);
    counter('boxlite_image_pulls_total', 'Images pulled.', () => values.imagesPulled);
    counter('boxlite_image_pull_failures_total', 'Pulls that failed.', () => values.imagePullFailures);
    counter('boxlite_image_pulled_bytes_total', 'Bytes of blobs received from registries.', () => values.imageBytesPulled);
    counter('boxlite_images_prepared_total', 'Root file system images built.', () => values.imagesPrepared);
    const gauge = (name: string, help: string, value: () => number): void => {
      const meter = new Gauge({
        name,
        help,
        registers,
        collect: () => {
          meter.set(value());
        },
      });
    };
    gauge('boxlite_boxes_running', 'Boxes whose VM runs and is held by this runtime.', () => values.boxesRunning);
    if (pool) {
      gauge('boxlite_pool_machines', 'VMs of the warm pool that wait for their Box.', () => values.machinesPooled);
      counter('boxlite_pool_claims_total', 'Boxes that were given a VM of the pool.', () => values.poolClaims);
      counter('boxlite_pool_misses_total', 'Boxes that the pool had no VM for.', () => values.poolMisses);
    }
    if (standby) {
      gauge('boxlite_standby_machines', 'VMs that wait for the state of a template.', () => values.machinesWaiting);
      counter('boxlite_standby_claims_total', 'Boxes that were given a VM that waited.', () => values.standbyClaims);
      counter('boxlite_standby_misses_total', 'Starts from a template that no VM waited for.', () => values.standbyMisses);
    }
    this.#startSeconds = new Histogram({
      name: 'boxlite_box_start_seconds',
      help: 'From the request to a container that is ready, pull and preparation included.',
      buckets: START_BUCKETS,
      registers,
    });
    this.#execSeconds = new Histogram({
      name: 'boxlite_execution_start_seconds',
      help: 'From the request to the start of the process, in a Box that runs.',
      buckets: EXEC_BUCKETS,
      registers,
    });
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
