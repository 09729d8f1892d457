import type { Model } from '../model.js';

/** Words that Python has for itself, as names of methods and parameters. */
const RESERVED = new Set([
  'import',
  'from',
  'in',
  'is',
  'not',
  'pass',
  'raise',
  'return',
  'try',
  'with',
  'class',
  'def',
  'del',
  'global',
  'lambda',
]);

export const snake = (name: string): string => {
  const lower = name.replace(/([a-z0-9])([A-Z])/g, (_, before: string, capital: string) => `${before}_${capital}`).toLowerCase();
  return RESERVED.has(lower) ? `${lower}_` : lower;
};

/** An exception's name: that of its code. */
export const errorClass = (code: string): string => `${code}Error`;

/** All names that are written otherwise in Python, to say them so in documentation. */
export const renamed = (model: Model): ReadonlyMap<string, string> => {
  const names = [
    ...model.structs.flatMap(({ fields }) => fields.map(({ name }) => name)),
    ...model.handles.flatMap(({ methods, properties }) => [
      ...properties.map(({ name }) => name),
      ...methods.flatMap((method) => [method.name, ...method.parameters.map(({ name }) => name)]),
    ]),
    ...model.functions.map(({ name }) => name),
  ];
  return new Map(names.map((name) => [name, snake(name)] as const).filter(([name, own]) => name !== own));
};
