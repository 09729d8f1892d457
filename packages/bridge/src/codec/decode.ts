import { BoxliteError } from '@boxlite/shared';
import type { Readable } from 'node:stream';
import type { Api, FieldType, Type } from '../types.js';

/** What some values need of the session that they came over. */
export interface DecodeContext {
  readonly api: Api;
  readonly body: Buffer;
  /** The call's own signal. */
  readonly signal: AbortSignal;
  /** What the client sends as stream `id`. */
  readable(id: number): Readable;
  callback(id: number, argument: Type): (value: unknown) => void;
}

type Fields = Readonly<Record<string, unknown>>;

const MAX_SHOWN = 80;
const MAX_MS = 8.64e15;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, MAX_SHOWN) ?? typeof value;
const isId = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
const isTagged = (value: Fields): boolean =>
  '$bytes' in value || '$date' in value || '$stream' in value || '$callback' in value || '$bigint' in value;

/** The words for a type in a message. */
const described = (type: Type): string => {
  switch (type.kind) {
    case 'literal':
      return JSON.stringify(type.value);
    case 'array':
      return 'a list';
    case 'map':
      return 'a map';
    case 'ref':
      return type.name;
    case 'readable':
      return 'a stream of bytes';
    case 'callback':
      return 'a function';
    case 'union':
      return type.of.map(described).join(' or ');
    default:
      return type.kind;
  }
};

/** Whether a value has the outer form of a type; what is inside is seen when it is decoded. */
const fits = (type: Type, value: unknown, api: Api): boolean => {
  switch (type.kind) {
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type.kind;
    case 'null':
      return value === null;
    case 'literal':
      return value === type.value;
    case 'array':
      return Array.isArray(value);
    case 'map':
      return isFields(value) && !isTagged(value);
    case 'bytes':
      return isFields(value) && Array.isArray(value['$bytes']);
    case 'date':
      return isFields(value) && typeof value['$date'] === 'number' && Math.abs(value['$date']) <= MAX_MS;
    case 'bigint':
      return isFields(value) && typeof value['$bigint'] === 'string' && /^-?\d{1,40}$/.test(value['$bigint']);
    case 'readable':
      return isFields(value) && isId(value['$stream']);
    case 'callback':
      return isFields(value) && isId(value['$callback']);
    case 'ref':
      return fitsReference(type.name, value, api);
    case 'union':
      return type.of.some((member) => fits(member, value, api));
    case 'json':
      return true;
    case 'void':
    case 'signal':
    case 'handle':
    case 'items':
    case 'writable':
      return false;
  }
};

const fitsReference = (name: string, value: unknown, api: Api): boolean => {
  const fields = api.structs[name];
  if (fields === undefined) {
    const alias = api.aliases[name];
    return alias !== undefined && fits(alias, value, api);
  }
  if (!isFields(value) || isTagged(value)) return false;
  return fields.every(({ name: field, type, optional }) =>
    field in value ? type.kind !== 'literal' || value[field] === type.value : optional,
  );
};

const refuse = (place: string, value: unknown, type: Type): BoxliteError =>
  new BoxliteError('InvalidArgument', `${place} is ${shown(value)}; it must be ${described(type)}`);

/**
 * Checks what a client has sent, and makes of it what core takes.
 * @param place What it is, for the message.
 * @throws BoxliteError `InvalidArgument`.
 */
export const decode = (type: Type, value: unknown, place: string, context: DecodeContext): unknown => {
  const { api } = context;
  if (type.kind === 'union') {
    const member = type.of.find((each) => fits(each, value, api)) ?? onlyObject(type.of, value, api);
    if (member === undefined) throw refuse(place, value, type);
    return decode(member, value, place, context);
  }
  if (type.kind === 'ref') {
    const fields = api.structs[type.name];
    if (fields !== undefined) return decodeFields(fields, value, place, context);
    const alias = api.aliases[type.name];
    if (alias === undefined) throw new BoxliteError('Internal', `the bridge knows no type ${type.name}`);
    return decode(alias, value, place, context);
  }
  if (!fits(type, value, api)) throw refuse(place, value, type);
  switch (type.kind) {
    case 'array':
      return (value as unknown[]).map((item, at) => decode(type.item, item, `${place}[${at}]`, context));
    case 'map':
      return Object.fromEntries(
        Object.entries(value as Fields).map(([key, item]) => [key, decode(type.value, item, `${place}.${key}`, context)]),
      );
    case 'bytes':
      return decodeBytes((value as { $bytes: unknown[] }).$bytes, place, context.body);
    case 'date':
      return new Date((value as { $date: number }).$date);
    case 'bigint':
      return BigInt((value as { $bigint: string }).$bigint);
    case 'readable':
      return context.readable((value as { $stream: number }).$stream);
    case 'callback':
      return context.callback((value as { $callback: number }).$callback, type.argument);
    default:
      return value;
  }
};

/** An object that fits none of several is told what is wrong with it when it can only have been meant as one of them. */
const onlyObject = (types: readonly Type[], value: unknown, api: Api): Type | undefined => {
  if (!isFields(value) || isTagged(value)) return undefined;
  const objects = types.filter((type) => type.kind === 'ref' && type.name in api.structs);
  return objects.length === 1 ? objects[0] : undefined;
};

const decodeBytes = ([offset, length, ...rest]: unknown[], place: string, body: Buffer): Buffer => {
  const isInside =
    Number.isSafeInteger(offset) &&
    Number.isSafeInteger(length) &&
    (offset as number) >= 0 &&
    (length as number) >= 0 &&
    (offset as number) + (length as number) <= body.length;
  if (!isInside || rest.length > 0) throw new BoxliteError('InvalidArgument', `${place} points to bytes that the frame does not have`);
  return body.subarray(offset as number, (offset as number) + (length as number));
};

const decodeFields = (fields: readonly FieldType[], value: unknown, place: string, context: DecodeContext): Fields => {
  if (!isFields(value) || isTagged(value)) throw new BoxliteError('InvalidArgument', `${place} is ${shown(value)}; it must be an object`);
  const unknown = Object.keys(value).find((name) => !fields.some((field) => field.name === name && field.type.kind !== 'signal'));
  if (unknown !== undefined)
    throw new BoxliteError('InvalidArgument', `${place} has no '${unknown.slice(0, MAX_SHOWN)}'; this bridge may be older than its client`);
  const decoded: Record<string, unknown> = {};
  for (const { name, type, optional } of fields) {
    if (type.kind === 'signal') decoded[name] = context.signal;
    else if (name in value) decoded[name] = decode(type, value[name], `${place}.${name}`, context);
    else if (!optional) throw new BoxliteError('InvalidArgument', `${place}.${name} is missing`);
  }
  return decoded;
};

/**
 * The arguments of a call. A parameter that carries the call's signal is there even if the client has not given it.
 * @throws BoxliteError `InvalidArgument`.
 */
export const decodeArguments = (parameters: readonly FieldType[], values: readonly unknown[], context: DecodeContext): unknown[] => {
  if (values.length > parameters.length)
    throw new BoxliteError('InvalidArgument', `there are ${values.length} arguments; there may be ${parameters.length}`);
  const decoded = parameters.map(({ name, type, optional }, at) => {
    const value = values[at];
    // JSON has no undefined: null stands for an argument that is not given, in a place where none is allowed.
    if (value !== undefined && (value !== null || !optional)) return decode(type, value, name, context);
    if (!optional) throw new BoxliteError('InvalidArgument', `${name} is missing`);
    const isStruct = type.kind === 'ref' && context.api.structs[type.name]?.some((field) => field.type.kind === 'signal');
    return isStruct === true ? { signal: context.signal } : undefined;
  });
  return decoded;
};
