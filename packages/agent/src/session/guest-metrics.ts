import { type CallOptions, type PortalChannel, unary } from '@boxlite/shared';
import { GuestService } from '@boxlite/shared/protocol';
import { boundedNumber } from '../bounded-number.js';

/** What the guest uses of its resources, by its own account. */
export interface GuestMetrics {
  readonly uptimeMicros: number;
  /** CPU time of the container's processes since its start. */
  readonly cpuMicros: number;
  readonly memoryTotalBytes: number;
  readonly memoryAvailableBytes: number;
  /** The container's memory as its cgroup counts it. */
  readonly containerMemoryBytes: number;
  /** What that may come to; the rest is the kernel's and the agent's. */
  readonly containerMemoryLimitBytes: number;
  readonly processes: number;
  readonly diskTotalBytes: number;
  readonly diskUsedBytes: number;
  /** Executions that the agent holds now. */
  readonly executions: number;
  /** Processes of the container that the kernel has killed for want of memory. */
  readonly oomKills: number;
}

export const guestMetrics = async (channel: PortalChannel, options: CallOptions): Promise<GuestMetrics> => {
  const response = await unary(channel, GuestService.metrics, {}, "read the guest's metrics", options);
  return {
    uptimeMicros: boundedNumber(response.uptimeMicros),
    cpuMicros: boundedNumber(response.cpuMicros),
    memoryTotalBytes: boundedNumber(response.memoryTotalBytes),
    memoryAvailableBytes: boundedNumber(response.memoryAvailableBytes),
    containerMemoryBytes: boundedNumber(response.containerMemoryBytes),
    containerMemoryLimitBytes: boundedNumber(response.containerMemoryLimitBytes),
    processes: response.processes,
    diskTotalBytes: boundedNumber(response.diskTotalBytes),
    diskUsedBytes: boundedNumber(response.diskUsedBytes),
    executions: response.executions,
    oomKills: boundedNumber(response.oomKills),
  };
};
