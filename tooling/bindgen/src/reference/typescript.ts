import type { Field, Method, Model, Type } from '../model.js';
import type { Language } from './language.js';

const written = (type: Type): string => {
  switch (type.kind) {
    case 'bytes':
      return 'Buffer';
    case 'date':
      return 'Date';
    case 'json':
      return 'unknown';
    case 'signal':
      return 'AbortSignal';
    case 'readable':
      return 'Readable';
    case 'writable':
      return 'Writable';
    case 'literal':
      return typeof type.value === 'string' ? `'${type.value}'` : String(type.value);
    case 'array':
      return type.item.kind === 'union' ? `(${written(type.item)})[]` : `${written(type.item)}[]`;
    case 'map':
      return `Record<string, ${written(type.value)}>`;
    case 'ref':
    case 'handle':
      return type.name;
    case 'items':
      return `AsyncIterable<${written(type.item)}>`;
    case 'callback':
      return `(event: ${written(type.argument)}) => void`;
    case 'union':
      return type.of.map(written).join(' | ');
    default:
      return type.kind;
  }
};

const parameter = ({ name, type, optional }: Field): string => `${name}${optional ? '?' : ''}: ${written(type)}`;

/** The results of methods that only bindings have. */
const variantResults = (model: Model): ReadonlySet<string> => {
  const methods = model.handles.flatMap((handle) => handle.methods).filter(({ variant }) => variant !== undefined);
  return new Set(methods.map(({ result }) => written(result)));
};

export const typescript = (model: Model): Language => ({
  title: 'TypeScript',
  intro:
    'Everything that `@boxlite/core` exports, but for the helpers that only JavaScript has (`toResult`, `formatOciConfig`, `homeDirectory`, ' +
    '`BoxliteRuntime.prometheus`, the `encoding` of `run`). Failures are a `BoxliteError` with one of the codes below; whatever takes a ' +
    '`signal` fails with an `AbortError` when that fires.',
  signature: (method: Method, owner) => {
    const result = method.async ? `Promise<${written(method.result)}>` : written(method.result);
    const name = owner === undefined ? method.name : method.static ? `${owner.name}.${method.name}` : method.name;
    return `${name}(${method.parameters.map(parameter).join(', ')}): ${result}`;
  },
  field: ({ name, type, optional }) => ({ name: `${name}${optional ? '?' : ''}`, type: written(type) }),
  alias: (name) => written(model.aliases.find((alias) => alias.name === name)?.type ?? { kind: 'json' }),
  error: (code) => code,
  words: (text) => text,
  explained: () => [],
  structs: () => model.structs.filter(({ name }) => !variantResults(model).has(name)),
  isThere: ({ variant }) => variant === undefined,
});
