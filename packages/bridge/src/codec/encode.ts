import { BoxliteError } from '@boxlite/shared';
import type { Readable, Writable } from 'node:stream';
import type { Api, FieldType, Type } from '../types.js';

/** What some values need of the session that they go over. */
export interface EncodeContext {
  readonly api: Api;
  /** Bytes that go with the frame. */
  readonly body: Uint8Array[];
  /** Registers an object, and gives what stands for it. */
  handle(name: string, object: object): unknown;
  readable(stream: Readable): number;
  writable(stream: Writable): number;
  items(iterable: AsyncIterable<unknown>, item: Type): number;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value);

/** Whether a value of core's is of a type; core's own types promise that one of a union fits. */
const isOf = (type: Type, value: unknown, api: Api): boolean => {
  switch (type.kind) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'bigint':
      return typeof value === type.kind;
    case 'null':
      return value === null;
    case 'literal':
      return value === type.value;
    case 'array':
      return Array.isArray(value);
    case 'bytes':
      return Buffer.isBuffer(value);
    case 'date':
      return value instanceof Date;
    case 'ref': {
      const fields = api.structs[type.name];
      if (fields === undefined) return isOf(api.aliases[type.name] ?? { kind: 'void' }, value, api);
      return (
        isFields(value) &&
        fields.every(
          ({ name, type: field, optional }) => optional || (name in value && (field.kind !== 'literal' || value[name] === field.value)),
        )
      );
    }
    case 'union':
      return type.of.some((member) => isOf(member, value, api));
    default:
      return isFields(value);
  }
};

/** Makes data of what core has returned: what its type says, and nothing else. */
export const encode = (type: Type, value: unknown, context: EncodeContext): unknown => {
  const { api } = context;
  switch (type.kind) {
    case 'void':
    case 'signal':
    case 'callback':
      return undefined;
    case 'bytes': {
      const bytes = value as Uint8Array;
      const offset = context.body.reduce((sum, { length }) => sum + length, 0);
      context.body.push(bytes);
      return { $bytes: [offset, bytes.length] };
    }
    case 'date':
      return { $date: (value as Date).getTime() };
    case 'bigint':
      return { $bigint: String(value) };
    case 'array':
      return (value as unknown[]).map((item) => encode(type.item, item, context));
    case 'map':
      return Object.fromEntries(Object.entries(value as Fields).map(([key, item]) => [key, encode(type.value, item, context)]));
    case 'handle':
      return { $handle: context.handle(type.name, value as object) };
    case 'readable':
      return { $readable: context.readable(value as Readable) };
    case 'writable':
      return { $writable: context.writable(value as Writable) };
    case 'items':
      return { $items: context.items(value as AsyncIterable<unknown>, type.item) };
    case 'union': {
      const member = type.of.find((each) => isOf(each, value, api));
      if (member === undefined) throw new BoxliteError('Internal', 'core gave what its types do not say');
      return encode(member, value, context);
    }
    case 'ref': {
      const fields = api.structs[type.name];
      if (fields !== undefined) return encodeFields(fields, value as Fields, context);
      return encode(api.aliases[type.name] ?? { kind: 'json' }, value, context);
    }
    default:
      return value;
  }
};

export const encodeFields = (fields: readonly FieldType[], value: Fields, context: EncodeContext): Fields => {
  const encoded: Record<string, unknown> = {};
  for (const { name, type } of fields) {
    const given = value[name];
    if (given !== undefined) encoded[name] = encode(type, given, context);
  }
  return encoded;
};
