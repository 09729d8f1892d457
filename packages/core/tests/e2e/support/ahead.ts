import type { BoxliteRuntime, LiteBox, RuntimeMetrics } from '@boxlite/core';
import { eventually } from './eventually.js';
import { childrenOf } from './processes.js';

const FILL_TIMEOUT_MS = 120_000;

/** Waits until what is made ahead is there; nothing but the meters tells of it. */
export const madeAhead = (runtime: BoxliteRuntime, meter: keyof RuntimeMetrics, count: number): Promise<true> =>
  eventually(`${meter} to be ${String(count)}`, () => runtime.metrics()[meter] === count || undefined, FILL_TIMEOUT_MS);

/** The VMMs of this process. All that it starts beside them ends at once. */
export const machines = (): number[] => childrenOf(process.pid);

export const pidOf = async (box: LiteBox): Promise<number> => {
  const { pid } = await box.info();
  if (pid === null) throw new Error('the Box has no VMM');
  return pid;
};

/** What tells one machine from another, and what must not be foretold from one for another. */
export const identityOf = async (box: LiteBox): Promise<string[]> => {
  const script =
    'cat /etc/machine-id /proc/sys/kernel/random/boot_id /proc/sys/kernel/random/uuid; head -c 16 /dev/urandom | od -An -tx1; hostname';
  const { stdout } = await box.run('sh', ['-c', script], { check: true });
  return stdout.trim().split('\n');
};
