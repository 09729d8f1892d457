import { InvalidArgumentError } from 'commander';

/** Reads a number; whether it is a sensible one is core's to say. */
export const parseNumber = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Give a number.');
  return value;
};

/** Reads a whole number, 0 or more. */
export const parseCount = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Give a whole number, 0 or more.');
  return Number(text);
};
