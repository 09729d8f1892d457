import { Histogram, Registry } from 'prom-client';
import { RuntimeMeters } from './runtime-meters.js';

const busy = (meters: RuntimeMeters): void => {
  meters.boxCreated();
  for (const seconds of [0.01, 0.2, 0.21, 45, 100]) meters.boxStarted(seconds);
  for (const seconds of [0.0005, 0.004, 7]) meters.execStarted(seconds);
};

/** What prom-client itself says of the same times. */
const expected = async (name: string, help: string, buckets: number[], times: number[]): Promise<string> => {
  const registry = new Registry();
  const histogram = new Histogram({ name, help, buckets, registers: [registry] });
  for (const seconds of times) histogram.observe(seconds);
  return registry.getSingleMetricAsString(name);
};

test('what was counted before Prometheus was asked for is counted', async () => {
  const meters = new RuntimeMeters({ pool: false, standby: true });
  busy(meters);
  const { registry } = meters;
  const help = 'From the request to the start of the process, in a Box that runs.';
  const buckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5];
  const name = 'boxlite_execution_start_seconds';
  expect(await registry.getSingleMetricAsString(name)).toBe(await expected(name, help, buckets, [0.0005, 0.004, 7]));
  expect(await registry.metrics()).toMatch(/^boxlite_boxes_created_total 1$/m);

  // The same registry goes on.
  busy(meters);
  meters.standbyMissed();
  expect(meters.registry).toBe(registry);
  const text = await registry.metrics();
  expect(text).toMatch(/^boxlite_box_start_seconds_bucket\{le="0.2"\} 4$/m);
  expect(text).toMatch(/^boxlite_box_start_seconds_bucket\{le="60"\} 8$/m);
  expect(text).toMatch(/^boxlite_box_start_seconds_bucket\{le="\+Inf"\} 10$/m);
  expect(text).toMatch(/^boxlite_box_start_seconds_count 10$/m);
  expect(text).toMatch(/^boxlite_boxes_created_total 2$/m);
  expect(text).toMatch(/^boxlite_standby_misses_total 1$/m);
  expect(text).not.toContain('boxlite_pool');
});

test('registries of two runtimes do not collide, and can be merged with that of a program', async () => {
  const [first, second] = [new RuntimeMeters({ pool: true, standby: false }), new RuntimeMeters({ pool: true, standby: false })];
  busy(first);
  const values = async (meters: RuntimeMeters) =>
    (await meters.registry.getMetricsAsJSON()).find(({ name }) => name === 'boxlite_box_start_seconds')?.values;
  expect(await values(first)).toContainEqual({ labels: {}, value: 5, metricName: 'boxlite_box_start_seconds_count' });
  expect(await values(second)).toContainEqual({ labels: {}, value: 0, metricName: 'boxlite_box_start_seconds_count' });
  expect(await Registry.merge([new Registry(), first.registry]).metrics()).toMatch(/^boxlite_box_start_seconds_count 5$/m);
});
