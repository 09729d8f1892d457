/** A type as it crosses the bridge. */
export type Type =
  | { kind: 'string' | 'number' | 'boolean' | 'null' | 'bigint' | 'bytes' | 'date' | 'json' | 'void' }
  /** An AbortSignal: not sent; the call's own cancellation takes its place. */
  | { kind: 'signal' }
  /** Bytes that come as they are read, and bytes that are written. */
  | { kind: 'readable' | 'writable' }
  | { kind: 'literal'; value: string | number | boolean }
  | { kind: 'array'; item: Type }
  | { kind: 'map'; value: Type }
  /** A struct or an alias. */
  | { kind: 'ref'; name: string }
  | { kind: 'handle'; name: string }
  /** An AsyncIterable. */
  | { kind: 'items'; item: Type }
  /** A function that is told something and answers nothing. */
  | { kind: 'callback'; argument: Type }
  | { kind: 'union'; of: readonly Type[] };

export interface FieldType {
  name: string;
  type: Type;
  optional: boolean;
}

/** A method of a handle, or a function, with the way to call it. */
export interface CallType {
  parameters: readonly FieldType[];
  result: Type;
  /** Calls it with what was decoded by `parameters`. */
  call: (target: unknown, values: unknown[]) => unknown;
}

export interface HandleType {
  /** What is sent with the handle. Those of kind `handle` are reached through this one. */
  properties: readonly FieldType[];
  calls: Readonly<Record<string, CallType>>;
  /** Whether it owns what outlives it, and has to be closed. */
  closes: boolean;
}

/** All that can be called, generated from the public API of `@boxlite/core`. */
export interface Api {
  version: string;
  structs: Readonly<Record<string, readonly FieldType[]>>;
  aliases: Readonly<Record<string, Type>>;
  handles: Readonly<Record<string, HandleType>>;
  /** Functions and static methods, as `readEvents` and `BoxliteRuntime.open`. */
  functions: Readonly<Record<string, CallType>>;
}
