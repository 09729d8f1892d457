import type { Field, Model, Struct, Type } from '../model.js';

/** Times may have fractions; counts have none. */
const isFraction = (name: string): boolean => /(Ms|Seconds|SecondsTotal)$/.test(name);

const literal = (value: string | number | boolean): string =>
  typeof value === 'boolean' ? (value ? 'True' : 'False') : JSON.stringify(value);

export interface Way {
  /** Whether the program gives it, or gets it. */
  input: boolean;
  sync: boolean;
  /** Inside a class whose method `list` hides the type. */
  list?: string;
}

/** What a type is called in an annotation. `name` is that of the field, which says what kind of number it has. */
export const annotation = (type: Type, name: string, way: Way): string => {
  switch (type.kind) {
    case 'string':
      return 'str';
    case 'number':
      return isFraction(name) ? 'float' : 'int';
    case 'boolean':
      return 'bool';
    case 'null':
    case 'void':
    case 'signal':
      return 'None';
    case 'bigint':
      return 'int';
    case 'bytes':
      return 'bytes';
    case 'date':
      return 'datetime.datetime';
    case 'json':
      return 'object';
    case 'literal':
      return `Literal[${literal(type.value)}]`;
    case 'array':
      return `${way.input ? 'Sequence' : (way.list ?? 'list')}[${annotation(type.item, name, way)}]`;
    case 'map':
      return `Mapping[str, ${annotation(type.value, name, way)}]`;
    case 'ref':
    case 'handle':
      return type.name;
    case 'readable':
      if (way.input) return way.sync ? 'Iterable[bytes]' : 'AsyncIterable[bytes] | Iterable[bytes]';
      return 'ByteStream';
    case 'writable':
      return 'ByteSink';
    case 'items':
      return `ItemStream[${annotation(type.item, name, way)}]`;
    case 'callback':
      return `Callable[[${annotation(type.argument, '', { ...way, input: false })}], None]`;
    case 'union':
      return union(type.of, name, way);
  }
};

/** What the program may give for a field: a path of the host as any object that is one, which the codec makes a text of. */
export const inputAnnotation = ({ name, type, hostPath = false }: Field, way: Way): string =>
  `${annotation(type, name, way)}${hostPath ? ' | os.PathLike[str]' : ''}`;

const union = (types: readonly Type[], name: string, way: Way): string => {
  const texts = types.some(({ kind }) => kind === 'string');
  // `str` says all that a word of it says.
  const rest = types.filter((type) => !(texts && type.kind === 'literal' && typeof type.value === 'string'));
  const literals = rest.filter((type) => type.kind === 'literal').map(({ value }) => literal(value));
  const others = rest.filter(({ kind }) => kind !== 'literal' && kind !== 'null').map((type) => annotation(type, name, way));
  const parts = [...(literals.length > 0 ? [`Literal[${literals.join(', ')}]`] : []), ...others];
  if (types.some(({ kind }) => kind === 'null')) parts.push('None');
  return [...new Set(parts)].join(' | ');
};

/** How a value is decoded; `None` for what is taken as it comes. */
export const coding = (type: Type, model: Model): string => {
  switch (type.kind) {
    case 'array':
    case 'map': {
      const inner = coding(type.kind === 'array' ? type.item : type.value, model);
      return inner === 'None' ? 'None' : `("${type.kind}", ${inner})`;
    }
    case 'ref': {
      const alias = model.aliases.find(({ name }) => name === type.name);
      return alias && coding(alias.type, model) === 'None' ? 'None' : `("ref", "${type.name}")`;
    }
    case 'handle':
      return `("handle", "${type.name}")`;
    case 'bytes':
    case 'date':
    case 'bigint':
    case 'readable':
    case 'writable':
      return `("${type.kind}",)`;
    case 'items':
      return `("items", ${coding(type.item, model)})`;
    case 'union': {
      const members = type.of.map((member) => coding(member, model)).filter((member) => member !== 'None');
      return members.length === 0 ? 'None' : `("union", (${members.join(', ')},))`;
    }
    default:
      return 'None';
  }
};

/** Whether a struct has handles in it, and so differs between the asynchronous and the synchronous API. */
export const hasHandle = ({ fields }: Struct): boolean => fields.some(({ type }) => type.kind === 'handle');

/** The struct whose fields are a method's keyword arguments: that of its last parameter. */
export const optionsOf = (parameters: readonly Field[], model: Model): Struct | undefined => {
  const last = parameters.at(-1);
  return last?.type.kind === 'ref' ? model.structs.find(({ name }) => last.type.kind === 'ref' && name === last.type.name) : undefined;
};

/** Structs that only stand for keyword arguments, and have no class. */
export const keywordOnly = (model: Model): ReadonlySet<string> => {
  const named = new Set<string>();
  const mark = (type: Type): void => {
    if (type.kind === 'ref') named.add(type.name);
    else if (type.kind === 'array' || type.kind === 'items') mark(type.item);
    else if (type.kind === 'map') mark(type.value);
    else if (type.kind === 'callback') mark(type.argument);
    else if (type.kind === 'union') type.of.forEach(mark);
  };
  for (const { fields } of model.structs) for (const { type } of fields) mark(type);
  for (const { type } of model.aliases) mark(type);
  const methods = [...model.functions, ...model.handles.flatMap((handle) => handle.methods)];
  for (const { result } of methods) mark(result);
  for (const { properties } of model.handles) for (const { type } of properties) mark(type);
  const flattened = new Set(methods.flatMap(({ parameters }) => optionsOf(parameters, model)?.name ?? []));
  return new Set(
    model.structs.map(({ name }) => name).filter((name) => !named.has(name) && (flattened.has(name) || name.endsWith('Options'))),
  );
};
