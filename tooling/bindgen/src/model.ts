/**
 * The public API of `@boxlite/core` as data: what every generated part is made of. Plain JSON, so that it can be written to a file
 * (`proto/boxlite/v1/bridge.json`) and read by a generator in whatever language.
 */

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
  /** A {@link Struct} or an {@link Alias}. */
  | { kind: 'ref'; name: string }
  | { kind: 'handle'; name: string }
  /** An AsyncIterable. */
  | { kind: 'items'; item: Type }
  /** A function that is told something and answers nothing. */
  | { kind: 'callback'; argument: Type }
  | { kind: 'union'; of: readonly Type[] };

/** A doc comment, in the words of core. */
export interface Doc {
  text: string;
  /** `@param`, by name. */
  parameters?: Record<string, string>;
  returns?: string;
  throws?: readonly string[];
  defaultValue?: string;
}

export interface Field {
  name: string;
  doc: Doc;
  type: Type;
  optional: boolean;
  /** A text that names a file or directory of the host. */
  hostPath?: boolean;
}

/** An object of plain data. */
export interface Struct {
  name: string;
  doc: Doc;
  fields: readonly Field[];
}

/** A name for a type that is no object: a union, a set of words. */
export interface Alias {
  name: string;
  doc: Doc;
  type: Type;
}

export interface Method {
  name: string;
  doc: Doc;
  static: boolean;
  parameters: readonly Field[];
  result: Type;
  /** Whether it gives a promise in TypeScript. */
  async: boolean;
  /** Set on a method that TypeScript has as another one with these options. */
  variant?: { of: string; options: Readonly<Record<string, string>> };
}

/** An object that stays on the bridge's side and is called there. */
export interface Handle {
  name: string;
  doc: Doc;
  /** What is sent with the handle. Those of kind `handle` are reached through this one. */
  properties: readonly Field[];
  methods: readonly Method[];
  /** The method that ends it when a block is left (`Symbol.asyncDispose`); absent where there is none. */
  dispose?: 'close' | 'asyncDispose';
}

export interface Model {
  version: string;
  errorCodes: readonly string[];
  constants: readonly { name: string; doc: Doc; value: string }[];
  aliases: readonly Alias[];
  structs: readonly Struct[];
  handles: readonly Handle[];
  functions: readonly Method[];
}
