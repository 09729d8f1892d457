import { InvalidArgumentError } from 'commander';

const MIB: Readonly<Record<string, number>> = { b: 2 ** -20, k: 2 ** -10, m: 1, g: 2 ** 10, t: 2 ** 20, '': 1 };

/**
 * Reads a size as MiB: `512m`, `2g`, `1.5GiB`; a number alone is MiB.
 * Whether that much makes sense is core's to say.
 */
export const parseMib = (text: string): number => {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?$/i.exec(text.trim()) ?? [];
  const mib = Number(digits) * (MIB[(unit ?? '').toLowerCase()] ?? NaN);
  if (digits === undefined || !Number.isInteger(mib)) {
    throw new InvalidArgumentError('Give a whole number of MiB, or a number with a unit: 512, 512m, 2g.');
  }
  return mib;
};
