import { type CallOptions, type PortalChannel, unary } from '@boxlite/shared';
import { CareService } from '@boxlite/shared/protocol';

/** How the agent checks a Box's health. Times in milliseconds, at least 1 but for the start period. */
export interface HealthCheck {
  argv: readonly string[];
  intervalMs: number;
  timeoutMs: number;
  startPeriodMs: number;
  startIntervalMs: number;
  retries: number;
  endWhenUnhealthy: boolean;
}

/** What the agent does for a Box by itself. */
export interface Care {
  healthCheck: HealthCheck | undefined;
  /** Undefined: the guest never ends by itself. */
  idleTimeoutMs: number | undefined;
}

export const setCare = async (channel: PortalChannel, { healthCheck, idleTimeoutMs }: Care, options: CallOptions): Promise<void> => {
  const request = {
    idleTimeoutMs: BigInt(idleTimeoutMs ?? 0),
    healthCheck: healthCheck && {
      argv: healthCheck.argv.map((argument) => Buffer.from(argument)),
      intervalMs: BigInt(healthCheck.intervalMs),
      timeoutMs: BigInt(healthCheck.timeoutMs),
      startPeriodMs: BigInt(healthCheck.startPeriodMs),
      startIntervalMs: BigInt(healthCheck.startIntervalMs),
      retries: healthCheck.retries,
      endWhenUnhealthy: healthCheck.endWhenUnhealthy,
    },
  };
  await unary(channel, CareService.set, request, 'have the agent look after the Box', options);
};
