import { BoxliteError } from '@boxlite/shared';

/** Readers of JSON that somebody else wrote. `what` names the document in messages: `manifest sha256:…`. */

export type JsonObject = Readonly<Record<string, unknown>>;

export const malformed = (what: string, why: string): BoxliteError =>
  new BoxliteError('Image', `${what} is not valid: ${why}`, { reason: 'malformed' });

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

export const parseObject = (bytes: Uint8Array, what: string): JsonObject => {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new BoxliteError('Image', `${what} is not valid JSON`, { reason: 'malformed', cause: error });
  }
  if (!isObject(value)) throw malformed(what, 'it must be a JSON object');
  return value;
};

/** Go writes null for what is empty, so null is taken for absent everywhere. */
export const optional = <T>(value: unknown, read: (value: unknown) => T): T | undefined =>
  value === undefined || value === null ? undefined : read(value);

export const asString = (value: unknown, what: string, field: string): string => {
  if (typeof value !== 'string') throw malformed(what, `${field} must be a string`);
  if (value.includes('\0')) throw malformed(what, `${field} holds a NUL character`);
  return value;
};

export const asNumber = (value: unknown, what: string, field: string): number => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw malformed(what, `${field} must be a number`);
  return value;
};

export const asObject = (value: unknown, what: string, field: string): JsonObject => {
  if (!isObject(value)) throw malformed(what, `${field} must be an object`);
  return value;
};

export const asArray = (value: unknown, what: string, field: string, max: number): readonly unknown[] => {
  if (!Array.isArray(value)) throw malformed(what, `${field} must be an array`);
  if (value.length > max) throw malformed(what, `${field} has ${value.length} entries; at most ${max} are accepted`);
  return value;
};

export const asStrings = (value: unknown, what: string, field: string, max: number): string[] =>
  asArray(value, what, field, max).map((entry) => asString(entry, what, field));

export const asSize = (value: unknown, what: string, field: string): number => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw malformed(what, `${field} must be a whole number of bytes`);
  return value;
};
