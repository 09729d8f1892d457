import { InvalidArgumentError } from 'commander';

const MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads a moment, as Docker's `--since` does: an ISO 8601 date or time, seconds since 1970, or how long ago it is: `90s`, `10m`, `2h30m`, `1d`.
 */
export const parseMoment = (text: string): Date => {
  const trimmed = text.trim();
  const parts = [...trimmed.matchAll(/(\d+(?:\.\d+)?)([smhd])/g)];
  const ms =
    parts.length > 0 && parts.map(([part]) => part).join('') === trimmed
      ? Date.now() - parts.reduce((sum, [, count, unit]) => sum + Number(count) * (MS[unit ?? ''] ?? NaN), 0)
      : /^\d+(\.\d+)?$/.test(trimmed)
        ? Number(trimmed) * 1_000
        : /^\d{4}-\d\d/.test(trimmed)
          ? Date.parse(trimmed)
          : NaN;
  const moment = new Date(ms);
  if (Number.isNaN(moment.getTime()))
    throw new InvalidArgumentError('Give a time such as 2026-01-31T12:00:00Z, seconds since 1970, or how long ago it is: 90s, 10m, 2h30m.');
  return moment;
};
