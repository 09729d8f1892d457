import { setTimeout as delay } from 'node:timers/promises';

const LOOK_MS = 5;
const PATIENCE_MS = 300_000;

/** What it costs to make again what a start has used up. */
export interface Refill {
  /** Until it is there again, in milliseconds; the runtime's pause before it begins is included. */
  ms: number;
  /** Processor time of this process meanwhile: it formats disks, and talks to the new VM. */
  hostMs: number;
}

/** Waits until something is ready that a runtime makes ahead; it has a count for that, and no event. @returns what was taken from now on. */
export const untilReady = async (ready: () => number, signal: AbortSignal): Promise<Refill> => {
  const begin = performance.now();
  const before = process.cpuUsage();
  while (ready() === 0) {
    if (performance.now() - begin > PATIENCE_MS) throw new Error('the runtime makes nothing ahead; its log says why');
    await delay(LOOK_MS, undefined, { signal });
  }
  const { user, system } = process.cpuUsage(before);
  return { ms: performance.now() - begin, hostMs: (user + system) / 1000 };
};
