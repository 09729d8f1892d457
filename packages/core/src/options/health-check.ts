import type { HealthCheck } from '@boxlite/agent';
import { BoxliteError } from '@boxlite/shared';
import type { ImageHealthCheck } from '../images/format/image-health-check.js';

/** How a Box's health is checked. What is left out is as the image says (Docker's `HEALTHCHECK`), or else as here. Times in milliseconds. */
export interface HealthCheckOptions {
  /** Run in the container; 0 is healthy. A list is a program and its arguments, a text is for `/bin/sh -c`. @defaultValue the image's */
  command?: string | readonly string[];
  /** From the end of one check to the start of the next, and to that of the first. @defaultValue 30 000 */
  intervalMs?: number;
  /** A check that takes longer is killed, and has failed. @defaultValue 30 000 */
  timeoutMs?: number;
  /** Failures in so much time from the start do not count, until one check has succeeded. @defaultValue 0 */
  startPeriodMs?: number;
  /** In place of the interval while the start period lasts. @defaultValue 5000 */
  startIntervalMs?: number;
  /** So many failures one after the other make the Box `unhealthy`. @defaultValue 3 */
  retries?: number;
  /**
   * What is done then. `stop`: the guest ends by itself, in order. `restart`: and whoever holds the Box starts it again, or the next who opens
   * the home. @defaultValue `none`
   */
  onUnhealthy?: 'none' | 'stop' | 'restart';
}

/** {@link HealthCheckOptions}, checked; `null` for what was not given. */
export interface HealthCheckConfig extends ImageHealthCheck {
  onUnhealthy: 'none' | 'stop' | 'restart';
}

const MAX_ARGUMENTS = 4096;
const MAX_ARGUMENT_BYTES = 128 << 10;
/** What timers can wait: 24.8 days. */
const MAX_MS = 2 ** 31 - 1;
const MAX_RETRIES = 1_000_000;
const OPTIONS = ['command', 'intervalMs', 'timeoutMs', 'startPeriodMs', 'startIntervalMs', 'retries', 'onUnhealthy'];

const invalid = (message: string): BoxliteError => new BoxliteError('InvalidArgument', message);
const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, 200) ?? typeof value;

const command = (value: unknown): string[] | null => {
  if (value === undefined) return null;
  const words: unknown = typeof value === 'string' ? ['/bin/sh', '-c', value] : value;
  const isCommand =
    value !== '' &&
    Array.isArray(words) &&
    words.length <= MAX_ARGUMENTS &&
    words[0] !== undefined &&
    words[0] !== '' &&
    words.every((word) => typeof word === 'string' && !word.includes('\0') && Buffer.byteLength(word) < MAX_ARGUMENT_BYTES);
  if (!isCommand) throw invalid(`healthCheck.command is ${shown(value)}; it must be a text for the shell, or a program and its arguments`);
  return [...(words as string[])];
};

const whole = (value: unknown, name: string, min: number, max: number): number | null => {
  if (value === undefined) return null;
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max)
    throw invalid(`healthCheck.${name} is ${shown(value)}; it must be a whole number from ${String(min)} to ${String(max)}`);
  return value as number;
};

/** @throws BoxliteError `InvalidArgument`. */
export const checkHealthCheck = (options: HealthCheckOptions | 'none' | undefined): HealthCheckConfig | 'none' | null => {
  if (options === undefined) return null;
  if (options === 'none') return 'none';
  if (typeof options !== 'object' || (options as unknown) === null)
    throw invalid(`healthCheck is ${shown(options)}; it must be an object or 'none'`);
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) throw invalid(`there is no option healthCheck.${unknown}; there are ${OPTIONS.join(', ')}`);
  const { onUnhealthy = 'none' } = options;
  if (!['none', 'stop', 'restart'].includes(onUnhealthy))
    throw invalid(`healthCheck.onUnhealthy is ${shown(onUnhealthy)}; it must be none, stop or restart`);
  return {
    argv: command(options.command),
    intervalMs: whole(options.intervalMs, 'intervalMs', 1, MAX_MS),
    timeoutMs: whole(options.timeoutMs, 'timeoutMs', 1, MAX_MS),
    startPeriodMs: whole(options.startPeriodMs, 'startPeriodMs', 0, MAX_MS),
    startIntervalMs: whole(options.startIntervalMs, 'startIntervalMs', 1, MAX_MS),
    retries: whole(options.retries, 'retries', 1, MAX_RETRIES),
    onUnhealthy,
  };
};

/** What {@link checkHealthCheck} has made this of. */
export const healthCheckOptions = (config: HealthCheckConfig | 'none' | null): HealthCheckOptions | 'none' | null => {
  if (config === null || config === 'none') return config;
  const { argv, onUnhealthy, ...numbers } = config;
  const given = Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== null));
  return { ...(argv === null ? {} : { command: argv }), ...given, onUnhealthy };
};

/**
 * How a Box's health is checked, if it is. An image's check asks for what its own main process does, so it is for Boxes that have one.
 * @throws BoxliteError `InvalidArgument` when there are options for a check but no command.
 */
export const healthCheckOf = (
  given: HealthCheckConfig | 'none' | null,
  image: ImageHealthCheck | null,
  hasMain: boolean,
): HealthCheck | undefined => {
  if (given === 'none' || (given === null && !hasMain)) return undefined;
  const argv = given?.argv ?? image?.argv ?? null;
  if (argv === null) {
    if (given === null) return undefined;
    throw invalid('the image has no health check of its own; give a command for healthCheck');
  }
  const interval = given?.intervalMs ?? image?.intervalMs ?? 30_000;
  return {
    argv,
    intervalMs: interval,
    timeoutMs: given?.timeoutMs ?? image?.timeoutMs ?? 30_000,
    startPeriodMs: given?.startPeriodMs ?? image?.startPeriodMs ?? 0,
    startIntervalMs: given?.startIntervalMs ?? image?.startIntervalMs ?? Math.min(interval, 5_000),
    retries: given?.retries ?? image?.retries ?? 3,
    endWhenUnhealthy: given !== null && given.onUnhealthy !== 'none',
  };
};
