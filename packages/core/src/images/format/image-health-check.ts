import { asNumber, asObject, asStrings, malformed, optional } from './json.js';

/** How an image wants its health to be checked. Docker's addition to the image-spec (moby, image/spec). Plain data. */
export interface ImageHealthCheck {
  /** `null`: not at all. */
  readonly argv: readonly string[] | null;
  /** Milliseconds, as all here; `null` where the image does not say. */
  readonly intervalMs: number | null;
  readonly timeoutMs: number | null;
  readonly startPeriodMs: number | null;
  readonly startIntervalMs: number | null;
  readonly retries: number | null;
}

const MAX_ARGUMENTS = 4096;
/** 24 days, as for a Box's own. */
const MAX_MS = 2 ** 31 - 1;
const MAX_RETRIES = 1_000_000;

/** `null` for none; empty for what Docker does not know either. */
const commandOf = (kind: string, rest: readonly string[]): readonly string[] | null => {
  switch (kind) {
    case 'NONE':
      return null;
    case 'CMD':
      return rest;
    case 'CMD-SHELL':
      return rest[0] === undefined ? [] : ['/bin/sh', '-c', rest[0]];
    default:
      return [];
  }
};

/** Reads `config.Healthcheck`. `null` for one without a test, which is that of the image below. */
export const readImageHealthCheck = (value: unknown, what: string): ImageHealthCheck | null => {
  const check = asObject(value, what, 'config.Healthcheck');
  const [kind, ...rest] = optional(check['Test'], (test) => asStrings(test, what, 'config.Healthcheck.Test', MAX_ARGUMENTS)) ?? [];
  if (kind === undefined || kind === '') return null;
  const argv = commandOf(kind, rest);
  if (argv?.[0] === '' || argv?.length === 0) throw malformed(what, 'config.Healthcheck.Test is no command');
  const number = (field: string, max: number, unit: number): number | null => {
    const given = optional(check[field], (each) => asNumber(each, what, `config.Healthcheck.${field}`)) ?? 0;
    // Zero is the default, as for Docker.
    return given <= 0 ? null : Math.min(max, Math.max(1, Math.round(given / unit)));
  };
  const ms = (field: string): number | null => number(field, MAX_MS, 1e6);
  return {
    argv,
    intervalMs: ms('Interval'),
    timeoutMs: ms('Timeout'),
    startPeriodMs: ms('StartPeriod'),
    startIntervalMs: ms('StartInterval'),
    retries: number('Retries', MAX_RETRIES, 1),
  };
};
