import type { HealthCheckOptions, RestartOption } from '@boxlite/core';
import { type Command, Option } from 'commander';
import { CliError } from '../errors/cli-error.js';
import { compact } from './compact.js';
import { parseDuration, parseTimeout } from './parse-duration.js';
import { parseNumber } from './parse-number.js';

/** What a Box does by itself, by the names that Docker and podman give it. */
export interface CareFlags {
  healthCmd?: string;
  healthInterval?: number;
  healthTimeout?: number;
  healthStartPeriod?: number;
  healthStartInterval?: number;
  healthRetries?: number;
  healthOnFailure?: 'none' | 'stop' | 'restart';
  /** False with `--no-healthcheck`. */
  healthcheck?: boolean;
  idleTimeout?: number;
  restart?: string;
}

export const addCareOptions = (command: Command): Command =>
  command
    .option('--restart <policy>', 'start the Box again when it ends by itself: no, on-failure[:max], unless-stopped (default: no)')
    .option('--idle-timeout <time>', 'stop the Box when nothing goes on in it for so long: 90s, 10m', parseTimeout)
    .option('--health-cmd <command>', "check the Box's health by this, with /bin/sh (default: as the image says)")
    .option('--health-interval <time>', 'time between two checks (default: 30s)', parseTimeout)
    .option('--health-timeout <time>', 'a check that takes longer has failed (default: 30s)', parseTimeout)
    .option('--health-retries <number>', 'so many failures in a row make the Box unhealthy (default: 3)', parseNumber)
    .option('--health-start-period <time>', 'failures so soon after the start do not count (default: 0s)', parseDuration)
    .option('--health-start-interval <time>', 'time between two checks in the start period (default: 5s)', parseTimeout)
    .addOption(
      new Option('--health-on-failure <action>', 'what an unhealthy Box does (default: none)').choices(['none', 'stop', 'restart']),
    )
    .option('--no-healthcheck', 'no health check, whatever the image says');

const healthCheck = (flags: CareFlags): HealthCheckOptions | 'none' | undefined => {
  const given = compact<HealthCheckOptions>({
    command: flags.healthCmd,
    intervalMs: flags.healthInterval,
    timeoutMs: flags.healthTimeout,
    retries: flags.healthRetries,
    startPeriodMs: flags.healthStartPeriod,
    startIntervalMs: flags.healthStartInterval,
    onUnhealthy: flags.healthOnFailure,
  });
  const isGiven = Object.keys(given).length > 0;
  if (flags.healthcheck !== false) return isGiven ? given : undefined;
  if (isGiven) throw new CliError('--no-healthcheck and options of a health check are both given', 'Give one or the other.');
  return 'none';
};

/** The flags as core's options. What is wrong with a value is core's to say. */
export const careOptions = (flags: CareFlags) => ({
  idleTimeoutMs: flags.idleTimeout,
  healthCheck: healthCheck(flags),
  restart: flags.restart as RestartOption | undefined,
});
