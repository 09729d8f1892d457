/** What goes in: parameters and options, each in the forms that C can give it in. */
import type { Field, Struct, Type } from '../model.js';
import { singular, snake, typeName } from './names.js';
import type { CTypes } from './types.js';

export interface Parameter {
  name: string;
  c: string;
  rust: string;
}

/** One form of a value: what C gives, and what Rust makes of that. */
export interface Form {
  /** What is added to the name of the function that takes it. */
  suffix: string;
  parameters: readonly Parameter[];
  value: string;
}

const TEXT = { c: 'const char *', rust: '*const c_char' };

const parameter = (name: string, c: string, rust: string): Parameter => ({ name, c, rust });
const pascal = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
const isFraction = (name: string): boolean => /(Ms|Seconds)$/.test(name);

const streamForm = (suffix: string): Form => ({
  suffix,
  parameters: [
    parameter('read', 'boxlite_read_function', 'Option<ReadFunction>'),
    parameter('done', 'boxlite_done_function', 'Option<DoneFunction>'),
    parameter('source', 'void *', '*mut c_void'),
  ],
  value: 'set::stream(read, done, source)',
});

export class CInputs {
  /** Structs that a program makes and fills by setters. */
  readonly options = new Map<string, Struct>();

  constructor(
    private readonly types: CTypes,
    private readonly structs: readonly Struct[],
  ) {}

  /** A struct that only needs more of its fields than another with the same ones is that other in C. */
  canonical(struct: Struct): Struct {
    const fields = ({ fields: all }: Struct): string => JSON.stringify(all.map(({ name, type }) => [name, type]));
    const needed = ({ fields: all }: Struct): number => all.filter(({ optional }) => !optional).length;
    return this.structs.find((other) => fields(other) === fields(struct) && needed(other) < needed(struct)) ?? struct;
  }

  /** Notes that a program makes such a struct, and those in it. */
  take(name: string): string {
    const struct = this.canonical(this.#struct(name));
    if (!this.options.has(struct.name)) {
      this.options.set(struct.name, struct);
      for (const field of struct.fields) if (field.type.kind !== 'signal') this.setters(field);
    }
    return typeName(struct.name);
  }

  #struct(name: string): Struct {
    const struct = this.types.struct(name);
    if (struct === undefined) throw new Error(`there is no ${name}`);
    return struct;
  }

  /** One that needs no type of its own in C: few values, all of them needed. */
  #isFlat({ fields }: Struct): boolean {
    return fields.every(({ type, optional }) => {
      const [only, ...more] = this.types.members(type);
      if (optional || only === undefined || more.length > 0) return false;
      return ['string', 'number', 'boolean'].includes(only.kind) || (only.kind === 'array' && this.#isTexts(only));
    });
  }

  #isTexts(type: Type & { kind: 'array' }): boolean {
    return this.types.members(type.item).every(({ kind }) => kind === 'string');
  }

  #structForm(name: string, suffix: string): Form {
    const struct = this.#struct(name);
    if (!this.#isFlat(struct)) {
      const c = this.take(name);
      return { suffix, parameters: [parameter('value', `const ${c} *`, '*const Options')], value: 'set::options(value)' };
    }
    const given = struct.fields
      .filter(({ type }) => type.kind !== 'literal')
      .flatMap((field) => this.forms(field).map((form) => ({ field, form })));
    const values = struct.fields.map(({ name: field, type }) => {
      const value =
        type.kind === 'literal'
          ? `set::word(${JSON.stringify(type.value)})`
          : (given.find((each) => each.field.name === field)?.form.value ?? '');
      return `(${JSON.stringify(field)}, ${value})`;
    });
    return { suffix, parameters: given.flatMap(({ form }) => form.parameters), value: `set::map([${values.join(', ')}])` };
  }

  /** How a struct among other forms is told apart: by the rest of its name, or by what is in it. */
  #suffix(name: string, field: string): string {
    const of = [pascal(field), pascal(singular(field))].find((each) => name.includes(each));
    const rest = of === undefined ? name : name.slice(name.indexOf(of) + of.length);
    return rest === ''
      ? `_${this.#struct(name)
          .fields.map((each) => snake(each.name))
          .join('_')}`
      : `_${snake(rest)}`;
  }

  /** The forms of a value. `isPlace` for an argument, whose bytes are its first form. */
  forms({ name, type }: Pick<Field, 'name' | 'type'>, isPlace = false): Form[] {
    const own = snake(name);
    const members = this.types.members(type);
    const kinds = new Set(members.map(({ kind }) => kind));
    const text = (value: string): Form => ({ suffix: '', parameters: [parameter(own, TEXT.c, TEXT.rust)], value: `set::${value}(${own})` });
    if (kinds.size === 2 && kinds.has('string') && kinds.has('bytes')) return [text('path')];
    if (kinds.size === 2 && kinds.has('string') && kinds.has('number')) return [text('text_or_number')];
    const isAlone = members.length === 1;
    return members.flatMap((member): Form[] => {
      switch (member.kind) {
        case 'string':
          // As an argument it is bytes that have an end.
          return isPlace && kinds.has('bytes') ? [] : [text('text')];
        case 'number':
          return isFraction(name)
            ? [{ suffix: '', parameters: [parameter(own, 'double', 'f64')], value: `Argument::Number(${own})` }]
            : [{ suffix: '', parameters: [parameter(own, 'int64_t', 'i64')], value: `Argument::Int(${own})` }];
        case 'boolean':
          return [{ suffix: '', parameters: [parameter(own, 'bool', 'bool')], value: `Argument::Bool(${own})` }];
        case 'date':
          return [{ suffix: '', parameters: [parameter(own, 'int64_t', 'i64')], value: `Argument::Date(${own})` }];
        case 'bytes': {
          const parameters = [parameter('data', 'const void *', '*const c_void'), parameter('length', 'size_t', 'usize')];
          return [{ suffix: isPlace ? '' : '_bytes', parameters, value: 'set::bytes(data, length)' }];
        }
        case 'readable':
          return [streamForm(isAlone ? '' : isPlace ? '_from' : '_stream')];
        case 'array':
          if (!this.#isTexts(member)) throw new Error(`${name} is a list that C cannot give`);
          return [
            {
              suffix: isAlone ? '' : '_list',
              parameters: [parameter(own, 'const char *const *', '*const *const c_char')],
              value: `set::texts(${own})`,
            },
          ];
        case 'ref':
          return [this.#structForm(member.name, isAlone ? '' : this.#suffix(member.name, name))];
        case 'callback': {
          const [told] = this.types.shapes(member.argument, name);
          const c = `${/boxlite_\w+/.exec(told?.shape.c ?? '')?.[0] ?? ''}_function`;
          const parameters = [parameter('call', c, 'Option<NodeFunction>'), parameter('user_data', 'void *', '*mut c_void')];
          return [{ suffix: '', parameters, value: 'set::function(call, user_data)' }];
        }
        default:
          throw new Error(`${name} is a ${member.kind}, which C cannot give`);
      }
    });
  }

  /** The setters of a field: their names after that of the struct, how each sets it, and what it takes. */
  setters(field: Field): { name: string; how: string; parameters: readonly Parameter[]; value: string }[] {
    const { name, type } = field;
    const [only, ...more] = this.types.members(type);
    const one = snake(singular(name));
    if (only?.kind === 'array' && more.length === 0 && !this.#isTexts(only)) {
      const items = this.types.members(only.item);
      return items.map((item) => {
        if (item.kind !== 'ref') throw new Error(`${name} is a list that C cannot give`);
        const called = items.length === 1 ? one : snake(item.name);
        return { name: `add_${called}`, how: `add(${JSON.stringify(name)})`, ...this.#structForm(item.name, '') };
      });
    }
    if (only?.kind === 'map') {
      const key = parameter('key', TEXT.c, TEXT.rust);
      return this.forms({ name: 'value', type: only.value }).map((form, at, all) => ({
        name: `set_${one}${all.length === 1 ? '' : this.#entrySuffix(only.value, at, name)}`,
        how: `enter(${JSON.stringify(name)}, key)`,
        parameters: [key, ...form.parameters],
        value: form.value,
      }));
    }
    return this.forms(field).map((form) => ({ name: `set_${snake(name)}${form.suffix}`, how: `set(${JSON.stringify(name)})`, ...form }));
  }

  #entrySuffix(type: Type, at: number, field: string): string {
    const member = this.types.members(type)[at];
    return member?.kind === 'ref' ? this.#suffix(member.name, field) : '';
  }
}
