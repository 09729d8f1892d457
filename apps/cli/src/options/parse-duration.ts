import { InvalidArgumentError } from 'commander';

const MS: Readonly<Record<string, number>> = { ms: 1, '': 1_000, s: 1_000, m: 60_000, h: 3_600_000 };
/** What timers can wait: 24.8 days. */
const MAX_MS = 2 ** 31 - 1;

/** Reads a time as milliseconds: `30`, `30s`, `500ms`, `5m`, `1h`; a number alone is seconds. */
export const parseDuration = (text: string): number => {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|)$/.exec(text.trim()) ?? [];
  const ms = Math.round(Number(digits) * (MS[unit ?? ''] ?? NaN));
  if (digits === undefined || ms > MAX_MS)
    throw new InvalidArgumentError('Give a number of seconds, or a number with a unit: 30, 30s, 500ms, 5m, 1h.');
  return ms;
};

/** Reads a time that something may take; none at all is a mistake, and not 'for ever'. */
export const parseTimeout = (text: string): number => {
  const ms = parseDuration(text);
  if (ms === 0) throw new InvalidArgumentError('Give a time above 0, or leave the option out for no limit.');
  return ms;
};
