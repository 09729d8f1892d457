/** What scenarios.json files write for values that JSON does not have, and whether a value is what a scenario expects; see README.md. */
import { join } from 'node:path';
import { Readable } from 'node:stream';

export type Known = Record<string, unknown>;
type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

export const find = (path: string, known: Known): unknown =>
  path.split('.').reduce<unknown>((value, name) => (value as Fields | undefined)?.[name], known);

const bytesOf = (value: Fields): Buffer | undefined => {
  if ('$hex' in value) return Buffer.from(String(value['$hex']), 'hex');
  if (!('$repeat' in value)) return undefined;
  const [text, times] = value['$repeat'] as [string, number];
  return Buffer.from(text.repeat(times));
};

/** An argument as core takes it. */
export const given = (value: unknown, known: Known): unknown => {
  if (!isFields(value)) return value;
  if (Array.isArray(value)) return value.map((item) => given(item, known));
  if ('$var' in value) return find(String(value['$var']), known);
  if ('$path' in value) return join(String(known['dir']), String(value['$path']));
  if ('$date' in value) return new Date(Number(value['$date']));
  if ('$stream' in value) return Readable.from((value['$stream'] as string[]).map((piece) => Buffer.from(piece)));
  if ('$collector' in value) {
    const list: unknown[] = [];
    known[String(value['$collector'])] = list;
    return (item: unknown) => void list.push(item);
  }
  const fields = Object.entries(value).filter(([name]) => name !== '$struct');
  return bytesOf(value) ?? Object.fromEntries(fields.map(([name, item]) => [name, given(item, known)]));
};

const text = (value: unknown): unknown => (Buffer.isBuffer(value) ? value.toString() : value);

/** Whether a value is what is expected. */
export const fits = (expected: unknown, value: unknown, known: Known): boolean => {
  if (expected === null) return value === null || value === undefined;
  if (!isFields(expected)) return expected === (typeof expected === 'string' ? text(value) : value);
  if (Array.isArray(expected)) {
    return Array.isArray(value) && value.length === expected.length && expected.every((item, at) => fits(item, value[at], known));
  }
  const bytes = bytesOf(expected);
  if (bytes !== undefined) return Buffer.isBuffer(value) && bytes.equals(value);
  if ('$var' in expected || '$path' in expected) return given(expected, known) === text(value);
  if ('$contains' in expected) return String(text(value)).includes(String(expected['$contains']));
  if ('$has' in expected) return Array.isArray(value) && value.some((item) => fits(expected['$has'], item, known));
  if ('$length' in expected) return (value as { length?: unknown } | undefined)?.length === expected['$length'];
  if ('$atLeast' in expected) return typeof value === 'number' && value >= Number(expected['$atLeast']);
  if ('$present' in expected) return value !== null && value !== undefined;
  if ('$oneOf' in expected) return (expected['$oneOf'] as unknown[]).some((item) => fits(item, value, known));
  return isFields(value) && Object.entries(expected).every(([name, item]) => fits(item, value[name], known));
};
