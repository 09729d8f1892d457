import type { BoxController } from '../box/box-controller.js';

/** What a Box uses now, and what it did since this runtime holds it; plain data. `guest` and `host` are `null` while it does not run. */
export interface BoxMetrics {
  executions: number;
  failedExecutions: number;
  /** From the request to a ready container; `null` when this runtime did not start it. */
  lastStartSeconds: number | null;
  /** How long the guest stood still for the last clone or snapshot; `null` when there was none. */
  lastPauseSeconds: number | null;
  host: {
    /** The proportional set size of the VMM's process: its own pages, and its share of what it shares. */
    memoryBytes: number;
  } | null;
  guest: {
    uptimeSeconds: number;
    cpuSeconds: number;
    memoryTotalBytes: number;
    memoryAvailableBytes: number;
    containerMemoryBytes: number;
    /** What that may come to: what the guest's kernel and agent leave of the Box's memory. */
    containerMemoryLimitBytes: number;
    processes: number;
    diskTotalBytes: number;
    diskUsedBytes: number;
    executionsRunning: number;
    /** Processes that the guest's kernel has killed for want of memory. */
    oomKills: number;
  } | null;
}

/** Asks the guest and the host. @throws BoxliteError `Portal` when the guest does not answer; `Engine`, reason `vm-died`, when it dies. */
export const readBoxMetrics = async (controller: BoxController): Promise<BoxMetrics> => {
  const counters = controller.counters.snapshot();
  if (!controller.isRunning) return { ...counters, host: null, guest: null };
  const { session, vm } = await controller.start();
  // One after the other: of a VM that dies, its session knows why.
  const guest = await session.metrics();
  const memoryBytes = await vm.memoryBytes();
  return {
    ...counters,
    host: { memoryBytes },
    guest: {
      uptimeSeconds: guest.uptimeMicros / 1e6,
      cpuSeconds: guest.cpuMicros / 1e6,
      memoryTotalBytes: guest.memoryTotalBytes,
      memoryAvailableBytes: guest.memoryAvailableBytes,
      containerMemoryBytes: guest.containerMemoryBytes,
      containerMemoryLimitBytes: guest.containerMemoryLimitBytes,
      processes: guest.processes,
      diskTotalBytes: guest.diskTotalBytes,
      diskUsedBytes: guest.diskUsedBytes,
      executionsRunning: guest.executions,
      oomKills: guest.oomKills,
    },
  };
};
