import { type Health, HealthStatus } from '@boxlite/shared/protocol';

/** How a check of a Box's health went; plain data. */
export interface HealthResult {
  /** By the guest's clock, in ISO 8601 and UTC. */
  startedAt: string;
  endedAt: string;
  /** 0 is healthy; `null` when the check could not be started or took too long; 128 + n when signal n ended it. */
  exitCode: number | null;
  /** The first 4 KiB of what it printed, or why it could not be started. */
  output: string;
}

/** What the checks of a Box's health come to; plain data. */
export interface BoxHealth {
  /** `starting` until a check has succeeded, or too many have failed. */
  status: 'starting' | 'healthy' | 'unhealthy';
  /** Failures since the last success. */
  failingStreak: number;
  /** The last five, oldest first. */
  log: HealthResult[];
}

const MAX_LOG = 5;
const MAX_OUTPUT = 4096;
/** What a Date can be, in milliseconds (ECMA-262, Time Values). */
const MAX_TIME = 8.64e15;

const STATUSES = new Map<HealthStatus, BoxHealth['status']>([
  [HealthStatus.HEALTH_STATUS_STARTING, 'starting'],
  [HealthStatus.HEALTH_STATUS_HEALTHY, 'healthy'],
  [HealthStatus.HEALTH_STATUS_UNHEALTHY, 'unhealthy'],
]);

const time = (nanos: bigint): string | undefined => {
  const ms = Number(nanos / 1_000_000n);
  return Math.abs(ms) <= MAX_TIME ? new Date(ms).toISOString() : undefined;
};

/** Reads what the guest says of its health; undefined when that cannot be. */
export const readHealth = ({ status, failingStreak, log }: Health): BoxHealth | undefined => {
  const word = STATUSES.get(status);
  if (word === undefined || log.length > MAX_LOG) return undefined;
  const results: HealthResult[] = [];
  for (const { startNanos, endNanos, exitCode, output } of log) {
    const [startedAt, endedAt] = [time(startNanos), time(endNanos)];
    if (startedAt === undefined || endedAt === undefined || output.length > MAX_OUTPUT || exitCode < -1 || exitCode > 255) return undefined;
    results.push({ startedAt, endedAt, exitCode: exitCode === -1 ? null : exitCode, output: output.toString() });
  }
  return { status: word, failingStreak, log: results };
};
