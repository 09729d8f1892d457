import type { BoxMetrics } from '@boxlite/core';
import type { BoxUse } from './box-use.js';
import type { Column } from './table.js';
import { size } from './units.js';

/** What a Box has used since it was looked at before; plain data, as `--json` prints it. */
export interface BoxStats {
  id: string;
  name: string | null;
  /** Of one processor of the guest: with two, up to 200. */
  cpuPercent: number;
  /** Of the container, as its cgroup counts it. */
  memoryBytes: number;
  memoryLimitBytes: number;
  memoryPercent: number;
  /** Of the VMM's process. */
  hostMemoryBytes: number;
  diskUsedBytes: number;
  pids: number;
}

const percent = (part: number, whole: number): number => (whole > 0 ? (100 * Math.max(0, part)) / whole : 0);

/** What came between two looks at the same Box. */
export const boxStats = ({ id, name, guest, host }: BoxUse, before: NonNullable<BoxMetrics['guest']>): BoxStats => ({
  id,
  name,
  cpuPercent: percent(guest.cpuSeconds - before.cpuSeconds, guest.uptimeSeconds - before.uptimeSeconds),
  memoryBytes: guest.containerMemoryBytes,
  memoryLimitBytes: guest.containerMemoryLimitBytes,
  memoryPercent: percent(guest.containerMemoryBytes, guest.containerMemoryLimitBytes),
  hostMemoryBytes: host.memoryBytes,
  diskUsedBytes: guest.diskUsedBytes,
  pids: guest.processes,
});

export const STATS_COLUMNS: Column<BoxStats>[] = [
  { title: 'BOX ID', value: ({ id }) => id },
  { title: 'NAME', value: ({ name }) => name ?? '' },
  { title: 'CPU %', value: ({ cpuPercent }) => `${cpuPercent.toFixed(2)}%`, align: 'right' },
  {
    title: 'MEM USAGE / LIMIT',
    value: ({ memoryBytes, memoryLimitBytes }) => `${size(memoryBytes)} / ${size(memoryLimitBytes)}`,
    align: 'right',
  },
  { title: 'MEM %', value: ({ memoryPercent }) => `${memoryPercent.toFixed(2)}%`, align: 'right' },
  { title: 'ON HOST', value: ({ hostMemoryBytes }) => size(hostMemoryBytes), align: 'right' },
  { title: 'DISK', value: ({ diskUsedBytes }) => size(diskUsedBytes), align: 'right' },
  { title: 'PIDS', value: ({ pids }) => String(pids), align: 'right' },
];
