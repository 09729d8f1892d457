import { createRequire } from 'node:module';
import type * as PromClient from 'prom-client';
import type { Histogram, Registry } from 'prom-client';
import type { MeteredParts, RuntimeMetrics } from './runtime-meters.js';
import type { TimeHistogram } from './time-histogram.js';

/** What is counted, whether or not anybody asks for it in Prometheus' way. */
export interface Counted {
  values: Readonly<RuntimeMetrics>;
  startSeconds: TimeHistogram;
  execSeconds: TimeHistogram;
  parts: MeteredParts;
}

type HistogramValues = Awaited<ReturnType<Histogram['get']>>;

/**
 * Makes a registry of prom-client that reads what is counted. Each has meters of its own, so that two runtimes in a process do not collide.
 *
 * Only this loads prom-client, with the first call, and at once: it takes as long as half of BoxLite, and most programs never ask.
 */
export const prometheusRegistry = ({ values, startSeconds, execSeconds, parts }: Counted): Registry => {
  const prom = createRequire(import.meta.url)('prom-client') as typeof PromClient;
  const registry = new prom.Registry();
  const registers = [registry];

  const counter = (name: string, help: string, value: () => number): void => {
    const meter = new prom.Counter({
      name,
      help,
      registers,
      collect: () => {
        meter.reset();
        meter.inc(value());
      },
    });
  };
  const gauge = (name: string, help: string, value: () => number): void => {
    const meter = new prom.Gauge({
      name,
      help,
      registers,
      collect: () => {
        meter.set(value());
      },
    });
  };
  /** Times that were counted before prom-client was there. */
  const histogram = (name: string, help: string, times: TimeHistogram): void => {
    const empty = new prom.Histogram({ name, help, registers: [] });
    class CountedHistogram extends prom.Histogram {
      override async get(): Promise<HistogramValues> {
        return { ...(await empty.get()), values: histogramValues(name, times) };
      }

      /** Where there is this, text is made of it, and not of `get`. */
      getForPromString(): Promise<HistogramValues> {
        return this.get();
      }
    }
    new CountedHistogram({ name, help, registers });
  };

  counter('boxlite_boxes_created_total', 'Boxes created.', () => values.boxesCreated);
  counter('boxlite_boxes_removed_total', 'Boxes removed.', () => values.boxesRemoved);
  counter('boxlite_box_start_failures_total', 'Starts of a Box that failed.', () => values.boxStartFailures);
  counter('boxlite_box_crashes_total', 'VMs that ended without being asked to.', () => values.boxCrashes);
  counter('boxlite_execution_failures_total', 'Commands that could not be started.', () => values.executionFailures);
  counter('boxlite_image_pulls_total', 'Images pulled.', () => values.imagesPulled);
  counter('boxlite_image_pull_failures_total', 'Pulls that failed.', () => values.imagePullFailures);
  counter('boxlite_image_pulled_bytes_total', 'Bytes of blobs received from registries.', () => values.imageBytesPulled);
  counter('boxlite_images_prepared_total', 'Root file system images built.', () => values.imagesPrepared);
  gauge('boxlite_boxes_running', 'Boxes whose VM runs and is held by this runtime.', () => values.boxesRunning);
  if (parts.pool) {
    gauge('boxlite_pool_machines', 'VMs of the warm pool that wait for their Box.', () => values.machinesPooled);
    counter('boxlite_pool_claims_total', 'Boxes that were given a VM of the pool.', () => values.poolClaims);
    counter('boxlite_pool_misses_total', 'Boxes that the pool had no VM for.', () => values.poolMisses);
  }
  if (parts.standby) {
    gauge('boxlite_standby_machines', 'VMs that wait for the state of a template.', () => values.machinesWaiting);
    counter('boxlite_standby_claims_total', 'Boxes that were given a VM that waited.', () => values.standbyClaims);
    counter('boxlite_standby_misses_total', 'Starts from a template that no VM waited for.', () => values.standbyMisses);
  }
  histogram('boxlite_box_start_seconds', 'From the request to a container that is ready, pull and preparation included.', startSeconds);
  histogram('boxlite_execution_start_seconds', 'From the request to the start of the process, in a Box that runs.', execSeconds);
  return registry;
};

/** In the order and with the names that prom-client gives them. */
const histogramValues = (name: string, times: TimeHistogram): HistogramValues['values'] => [
  ...[...times.upTo(), { bound: '+Inf', count: times.count }].map(({ bound, count }) => ({
    labels: { le: bound },
    value: count,
    metricName: `${name}_bucket`,
  })),
  { labels: {}, value: times.sum, metricName: `${name}_sum` },
  { labels: {}, value: times.count, metricName: `${name}_count` },
];
