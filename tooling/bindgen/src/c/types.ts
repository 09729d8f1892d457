/** How the types of the API look in C. */
import type { Field, Model, Struct, Type } from '../model.js';
import { typeName } from './names.js';

/** Times may have fractions; counts have none. */
const isFraction = (name: string): boolean => /(Ms|Seconds|SecondsTotal)$/.test(name);

/** A value that comes out: what C gets, and the accessor's kind in Rust. */
export interface Shape {
  c: string;
  rust: string;
  /** 0 and false do not say that there is none. */
  isPlain: boolean;
}

const shape = (c: string, rust: string, isPlain = false): Shape => ({ c, rust, isPlain });

/** A list or map that some value is. */
export interface Collection {
  name: string;
  item: Shape;
  isMap: boolean;
}

const isText = ({ kind, ...type }: Type): boolean =>
  kind === 'string' || (kind === 'literal' && 'value' in type && typeof type.value === 'string');

export class CTypes {
  /** Structs that come out, with those that stand for several. */
  readonly results = new Map<string, Struct>();
  readonly collections = new Map<string, Collection>();

  constructor(private readonly model: Model) {}

  struct(name: string): Struct | undefined {
    return this.model.structs.find((struct) => struct.name === name) ?? this.results.get(name);
  }

  /** What a type may be, names of other types resolved, without null. Words are text. */
  members(type: Type): Type[] {
    if (type.kind === 'union') {
      const all = type.of.flatMap((member) => this.members(member));
      const others = all.filter((member) => !isText(member));
      return all.some(isText) ? [{ kind: 'string' }, ...others] : others;
    }
    const alias = type.kind === 'ref' ? this.model.aliases.find(({ name }) => name === type.name) : undefined;
    if (alias !== undefined) return this.members(alias.type);
    if (type.kind === 'null') return [];
    return [isText(type) ? { kind: 'string' } : type];
  }

  /** The forms of a value that comes out, each with what is added to the accessor's name. */
  shapes(type: Type, name: string): { suffix: string; shape: Shape }[] {
    const members = this.members(type);
    const structs = members.flatMap((member) => (member.kind === 'ref' ? [member.name] : []));
    const [first] = members;
    if (first === undefined) throw new Error(`${name} is nothing in C`);
    if (members.length === 1) return [{ suffix: '', shape: this.#shape(first, name) }];
    if (structs.length === members.length) {
      // One of several structs is read as one that has the fields of all.
      if (type.kind !== 'ref') throw new Error(`${name} is one of several structs, and has no name in TypeScript`);
      this.#merge(type.name, structs);
      return [{ suffix: '', shape: this.#shape({ kind: 'ref', name: type.name }, name) }];
    }
    if (structs.length === 0) return [{ suffix: '', shape: shape('const char *', 'AsText') }];
    return members.map((member) => {
      const suffix = member.kind === 'ref' ? `_${typeName(member.name).split('_').at(-1) ?? ''}` : '';
      return { suffix, shape: this.#shape(member, name) };
    });
  }

  #shape(type: Type, name: string): Shape {
    switch (type.kind) {
      case 'string':
        return shape('const char *', 'AsText');
      case 'number':
        return isFraction(name) ? shape('double', 'AsFloat', true) : shape('int64_t', 'AsInt', true);
      case 'boolean':
        return shape('bool', 'AsFlag', true);
      case 'bigint':
        return shape('uint64_t', 'AsBigint', true);
      case 'date':
        return shape('int64_t', 'AsInt', true);
      case 'bytes':
        return shape('const boxlite_bytes *', 'AsBytes');
      case 'readable':
        return shape('boxlite_reader *', 'AsReader');
      case 'writable':
        return shape('boxlite_writer *', 'AsWriter');
      case 'handle':
        return shape(`${typeName(type.name)} *`, 'AsHandle');
      case 'ref':
        this.#result(type.name);
        return shape(`const ${typeName(type.name)} *`, 'AsStruct');
      case 'array':
      case 'map':
        return this.#collection(type, name);
      default:
        throw new Error(`${name} is a ${type.kind}, which C has no type for`);
    }
  }

  #collection(type: Type & { kind: 'array' | 'map' }, name: string): Shape {
    const [only, ...more] = this.shapes(type.kind === 'array' ? type.item : type.value, name);
    if (only === undefined || more.length > 0) throw new Error(`${name} has items of several forms`);
    const item = only.shape;
    const of = item.rust === 'AsText' ? 'boxlite_text' : /^(?:const )?(boxlite_\w+) \*$/.exec(item.c)?.[1];
    if (of === undefined) throw new Error(`${name} is a list of ${item.c}, which C has no type for`);
    const isMap = type.kind === 'map';
    const list = `${of}_${isMap ? 'map' : 'list'}`;
    this.collections.set(list, { name: list, item, isMap });
    return shape(`const ${list} *`, isMap ? 'AsStruct' : 'AsList');
  }

  #result(name: string): void {
    const struct = this.struct(name);
    if (struct === undefined) throw new Error(`there is no ${name}`);
    if (this.results.has(name)) return;
    this.results.set(name, struct);
    for (const field of struct.fields) this.shapes(field.type, field.name);
  }

  #merge(name: string, of: readonly string[]): void {
    if (this.results.has(name)) return;
    const structs = of.map((each) => this.struct(each)).filter((struct) => struct !== undefined);
    const fields = new Map<string, Field>();
    for (const field of structs.flatMap((struct) => struct.fields)) {
      const isEverywhere = structs.every((struct) => struct.fields.some((other) => other.name === field.name && !other.optional));
      if (!fields.has(field.name)) fields.set(field.name, { ...field, optional: !isEverywhere });
    }
    const doc = this.model.aliases.find((alias) => alias.name === name)?.doc ?? { text: '' };
    const merged = { name, doc, fields: [...fields.values()] };
    this.results.set(name, merged);
    for (const field of merged.fields) this.shapes(field.type, field.name);
  }

  /** Whether a field that is not there is told apart from one that is 0 or false. */
  isOptional({ type, optional }: Field): boolean {
    const isNullable = (each: Type): boolean => each.kind === 'null' || (each.kind === 'union' && each.of.some(isNullable));
    return optional || isNullable(type);
  }
}
