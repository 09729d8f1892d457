const SIZES = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes for people: three digits and a decimal unit, `13.4MB`, as Docker prints them. */
export const size = (bytes: number): string => {
  let value = bytes;
  let unit = 0;
  // 999.5 would be rounded to a fourth digit.
  for (; value >= 999.5 && unit < SIZES.length - 1; unit += 1) value /= 1_000;
  return `${unit === 0 ? String(Math.round(value)) : String(Number(value.toPrecision(3)))}${SIZES[unit] ?? ''}`;
};

const SPANS = [
  ['second', 1_000, 60],
  ['minute', 60_000, 60],
  ['hour', 3_600_000, 48],
  ['day', 86_400_000, 14],
  ['week', 604_800_000, 9],
  ['month', 2_629_800_000, 24],
  ['year', 31_557_600_000, Infinity],
] as const;

/** A span of time for people: its largest sensible unit, `5 minutes`. */
export const span = (ms: number): string => {
  if (ms < 1_000) return 'less than a second';
  for (const [name, length, limit] of SPANS) {
    const count = Math.floor(ms / length);
    if (count < limit) return `${String(count)} ${name}${count === 1 ? '' : 's'}`;
  }
  return '';
};

/** How long ago an ISO 8601 time was: `5 minutes ago`; a time that is not known is `-`. */
export const ago = (iso: string | null | undefined, now: number): string => {
  const time = iso === null || iso === undefined ? NaN : Date.parse(iso);
  return Number.isNaN(time) ? '-' : `${span(Math.max(0, now - time))} ago`;
};

/** Seconds with a sensible number of digits: `0.42 s`, `3.1 s`, `75 s`. */
export const seconds = (ms: number): string => `${String(Number((ms / 1_000).toPrecision(2)))} s`;
