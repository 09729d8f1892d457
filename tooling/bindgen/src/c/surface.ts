/** All functions and types of the C library that come of the API, with what both its sides are written from. */
import type { Doc, Field, Handle, Method, Model, Struct } from '../model.js';
import { CInputs, type Form, type Parameter } from './inputs.js';
import { snake, typeName } from './names.js';
import { CTypes, type Collection, type Shape } from './types.js';

/** What a call gives: the type in C, the outcome in Rust, and the type of the function that is called back. */
export interface Result {
  c: string;
  rust: string;
  callback: string;
}

export interface CallFunction {
  name: string;
  doc: Doc;
  /** The C type that it is a method of; none for a function. */
  self?: string;
  via: string;
  /** The method's name on the wire. */
  method: string;
  parameters: readonly Parameter[];
  /** For the documentation: which parameters in C are which of the API. */
  documented: readonly { field: Field; form: Form }[];
  arguments: readonly string[];
  cancellation: string;
  result: Result;
}

export interface Getter {
  name: string;
  doc: Doc;
  self: string;
  /** Of a handle, whose Rust type is another. */
  isHandle: boolean;
  field: string;
  shape: Shape;
  isOptional: boolean;
}

export interface Setter {
  name: string;
  doc: Doc;
  how: string;
  parameters: readonly Parameter[];
  value: string;
}

export interface ResultType {
  name: string;
  doc: Doc;
  getters: readonly Getter[];
}

export interface OptionsType {
  name: string;
  doc: Doc;
  setters: readonly Setter[];
  isCancellable: boolean;
}

export interface HandleType {
  name: string;
  doc: Doc;
  getters: readonly Getter[];
  sections: readonly { doc: Doc; calls: readonly CallFunction[] }[];
}

export class Surface {
  readonly handles: HandleType[];
  readonly functions: CallFunction[];
  readonly results: ResultType[];
  readonly options: OptionsType[];
  readonly collections: readonly Collection[];
  /** Streams of things: the type, and that of one thing. */
  readonly streams = new Map<string, string>();
  /** Types that a call gives, and that are let go of by themselves. */
  readonly owned = new Set<string>();
  readonly callbacks = new Map<string, string>();
  /** What functions of the program are told. */
  readonly tellers = new Set<string>();

  readonly #types: CTypes;
  readonly #inputs: CInputs;
  readonly #typeNames: ReadonlySet<string>;

  constructor(readonly model: Model) {
    this.#types = new CTypes(model);
    this.#inputs = new CInputs(this.#types, model.structs);
    this.#typeNames = new Set([...model.structs, ...model.handles, ...model.aliases].map(({ name }) => typeName(name)));
    // An error has the result of a command that was refused.
    this.#types.shapes({ kind: 'ref', name: 'RunResult' }, 'result');
    const reached = new Set(
      model.handles.flatMap(({ properties }) => properties.flatMap(({ type }) => (type.kind === 'handle' ? [type.name] : []))),
    );
    this.handles = model.handles.filter(({ name }) => !reached.has(name)).map((handle) => this.#handle(handle));
    this.functions = [
      ...model.functions.flatMap((method) => this.#calls(method, 'boxlite', undefined, '')),
      ...model.handles.flatMap((handle) =>
        handle.methods
          .filter((method) => method.static)
          .flatMap((method) => this.#calls({ ...method, name: `${handle.name}.${method.name}` }, typeName(handle.name), undefined, '')),
      ),
    ];
    this.options = [...this.#inputs.options.values()].map((struct) => this.#optionsType(struct));
    this.results = [...this.#types.results.values()].map((struct) => ({
      name: typeName(struct.name),
      doc: struct.doc,
      getters: struct.fields.flatMap((field) => this.#getters(field, typeName(struct.name), false)),
    }));
    this.collections = [...this.#types.collections.values()];
    this.#check();
  }

  #handle(handle: Handle): HandleType {
    const name = typeName(handle.name);
    const own = { doc: handle.doc, calls: this.#methods(handle, name, name, '') };
    const parts = handle.properties.flatMap(({ name: via, type }) => {
      const part = type.kind === 'handle' ? this.model.handles.find((each) => each.name === type.name) : undefined;
      return part === undefined ? [] : [{ doc: part.doc, calls: this.#methods(part, `${name}_${snake(via)}`, name, via) }];
    });
    const getters = handle.properties.filter(({ type }) => type.kind !== 'handle').flatMap((field) => this.#getters(field, name, true));
    return { name, doc: handle.doc, getters, sections: [own, ...parts] };
  }

  #methods(handle: Handle, prefix: string, self: string, via: string): CallFunction[] {
    return handle.methods
      .filter((method) => !method.static)
      .flatMap((method) => this.#calls(method, prefix, self, via, handle.dispose === 'close' && method.name === 'close'));
  }

  /** A method, or several where an argument has several forms. */
  #calls(method: Method, prefix: string, self: string | undefined, via: string, isEnd = false): CallFunction[] {
    const last = method.parameters.at(-1);
    const struct = last?.type.kind === 'ref' ? this.#types.struct(last.type.name) : undefined;
    const options = struct?.name.endsWith('Options') === true || last?.name === 'options' ? struct : undefined;
    const positional = options === undefined ? method.parameters : method.parameters.slice(0, -1);
    const forms = positional.map((field) => this.#inputs.forms(field, true).map((form) => ({ field, form })));
    const optionForms = options === undefined ? [] : [this.#optionsForm(options, last)];
    const isCancellable = options?.fields.some(({ type }) => type.kind === 'signal') === true;
    const plain = `${prefix}_${snake(method.name.split('.').at(-1) ?? '')}`;
    const name = this.#typeNames.has(plain) ? `${prefix}_get_${snake(method.name)}` : plain;
    const result = this.#result(method, isEnd);
    return combinations(forms).map((chosen) => {
      const documented = [...chosen, ...optionForms];
      return {
        name: `${name}${chosen.map(({ form }) => form.suffix).join('')}`,
        doc: method.doc,
        ...(self === undefined ? {} : { self }),
        via,
        method: method.name,
        parameters: documented.flatMap(({ form }) => form.parameters),
        documented,
        arguments: documented.map(({ form }) => form.value),
        cancellation: isCancellable ? 'set::cancellation_of(options)' : 'None',
        result,
      };
    });
  }

  #optionsForm(options: Struct, field: Field | undefined): { field: Field; form: Form } {
    if (field === undefined) throw new Error('options without a name');
    const parameters = [{ name: 'options', c: `const ${this.#inputs.take(options.name)} *`, rust: '*const Options' }];
    return { field, form: { suffix: '', parameters, value: 'set::options(options)' } };
  }

  #result(method: Method, isEnd: boolean): Result {
    const { result } = method;
    if (result.kind === 'void') return { c: 'bool', rust: isEnd ? 'End' : 'Nothing', callback: 'boxlite_callback' };
    const named = (type: string, rust: string): Result => {
      const callback = `${type}_callback`;
      this.callbacks.set(callback, `${type} *`);
      return { c: `${type} *`, rust, callback };
    };
    if (result.kind === 'boolean') return { c: 'int', rust: 'Truth', callback: 'boxlite_truth_callback' };
    if (result.kind === 'handle') return named(typeName(result.name), 'Object');
    if (result.kind === 'readable') return named('boxlite_reader', 'Stream');
    if (result.kind === 'string' || result.kind === 'bytes')
      return { c: 'boxlite_bytes *', rust: 'Data', callback: 'boxlite_bytes_callback' };
    const type = result.kind === 'items' ? result.item : result;
    const [only] = this.#types.shapes(type, method.name);
    const data = /boxlite_\w+/.exec(only?.shape.c ?? '')?.[0];
    if (data === undefined) throw new Error(`${method.name} gives what C has no type for`);
    this.owned.add(data);
    if (result.kind !== 'items') return named(data, 'Data');
    this.callbacks.set(`${data}_callback`, `${data} *`);
    this.streams.set(`${data}_stream`, data);
    return named(`${data}_stream`, 'Sequence');
  }

  #getters(field: Field, self: string, isHandle: boolean): Getter[] {
    return this.#types.shapes(field.type, field.name).map(({ suffix, shape }) => ({
      name: `${self}_get_${snake(field.name)}${suffix}`,
      doc: field.doc,
      self,
      isHandle,
      field: field.name,
      shape,
      isOptional: shape.isPlain && this.#types.isOptional(field),
    }));
  }

  #optionsType(struct: Struct): OptionsType {
    const name = typeName(struct.name);
    const fields = struct.fields.filter(({ type }) => type.kind !== 'signal');
    const setters = fields.flatMap((field) =>
      this.#inputs.setters(field).map((setter) => {
        for (const { c } of setter.parameters) if (c.endsWith('_function')) this.tellers.add(c);
        return { doc: field.doc, ...setter, name: `${name}_${setter.name}` };
      }),
    );
    return { name, doc: struct.doc, setters, isCancellable: fields.length < struct.fields.length };
  }

  /** Names of all functions, in the order of the header. */
  get names(): string[] {
    const twice = ({ name }: CallFunction): string[] => [name, `${name}_async`];
    return [
      ...this.functions.flatMap(twice),
      ...this.handles.flatMap(({ name, getters, sections }) => [
        ...sections.flatMap(({ calls }) => calls.flatMap(twice)),
        ...getters.map((getter) => getter.name),
        `${name}_share`,
        `${name}_free`,
      ]),
      ...[...this.streams.keys()].flatMap((name) => ['next', 'next_async', 'close', 'free'].map((end) => `${name}_${end}`)),
      ...this.options.flatMap(({ name, setters, isCancellable }) => [
        `${name}_new`,
        ...setters.map((setter) => setter.name),
        ...(isCancellable ? [`${name}_set_cancellation`] : []),
        `${name}_free`,
      ]),
      ...this.results.flatMap(({ getters }) => getters.map(({ name }) => name)),
      ...this.collections.flatMap(({ name, isMap }) =>
        ['get_count', 'get_at', ...(isMap ? ['get_key_at', 'find'] : [])].map((end) => `${name}_${end}`),
      ),
      ...[...this.owned].map((name) => `${name}_free`),
    ];
  }

  /** Nothing has a name that something else has. */
  #check(): void {
    const types = [...this.handles, ...this.results, ...this.options, ...this.collections].map(({ name }) => name);
    const all = [...types, ...this.streams.keys(), ...this.names];
    const twice = all.filter((name, at) => all.indexOf(name) !== at);
    if (twice.length > 0) throw new Error(`names that C would have twice: ${[...new Set(twice)].join(', ')}`);
  }
}

const combinations = <T>(choices: readonly (readonly T[])[]): T[][] =>
  choices.reduce<T[][]>((chosen, next) => chosen.flatMap((each) => next.map((one) => [...each, one])), [[]]);
