import { InvalidArgumentError } from 'commander';

const MIB: Readonly<Record<string, number>> = { b: 2 ** -20, k: 2 ** -10, m: 1, g: 2 ** 10, t: 2 ** 20 };

/**
 * Reads a size as MiB: `512m`, `2g`, `1.5GiB`; a number alone is MiB.
 * Whether that much makes sense is core's to say.
 */
export const parseMib = (text: string): number => {
  const mib = parse(text, 'm');
  if (!Number.isInteger(mib)) throw new InvalidArgumentError('Give a whole number of MiB, or a number with a unit: 512, 512m, 2g.');
  return mib;
};

/** Reads a size as bytes: `10m`, `1g`; a number alone is bytes. */
export const parseBytes = (text: string): number => {
  const bytes = parse(text, 'b') * 2 ** 20;
  if (!Number.isInteger(bytes)) throw new InvalidArgumentError('Give a whole number of bytes, or a number with a unit: 500k, 10m.');
  return bytes;
};

/** As MiB; NaN when it is no size. */
const parse = (text: string, plain: 'b' | 'm'): number => {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?$/i.exec(text.trim()) ?? [];
  return Number(digits) * (MIB[unit === undefined || unit === '' ? plain : unit.toLowerCase()] ?? NaN);
};
