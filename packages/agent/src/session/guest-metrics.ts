import { type CallOptions, type PortalChannel, unary } from '@boxlite/shared';
import { GuestService } from '@boxlite/shared/protocol';

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

/** No machine has more than 2^53 of anything here; a guest that says so is cut to that. */
const number = (value: bigint): number => Math.min(Number(value), Number.MAX_SAFE_INTEGER);

export const guestMetrics = async (channel: PortalChannel, options: CallOptions): Promise<GuestMetrics> => {
  const response = await unary(channel, GuestService.metrics, {}, "read the guest's metrics", options);
  return {
    uptimeMicros: number(response.uptimeMicros),
    cpuMicros: number(response.cpuMicros),
    memoryTotalBytes: number(response.memoryTotalBytes),
    memoryAvailableBytes: number(response.memoryAvailableBytes),
    containerMemoryBytes: number(response.containerMemoryBytes),
    containerMemoryLimitBytes: number(response.containerMemoryLimitBytes),
    processes: response.processes,
    diskTotalBytes: number(response.diskTotalBytes),
    diskUsedBytes: number(response.diskUsedBytes),
    executions: response.executions,
    oomKills: number(response.oomKills),
  };
};
