import type { Field, Handle, Model, Struct } from './model.js';

/**
 * Marks the fields and parameters that name a path of the host, by `Struct.field` and `Class.method.parameter`: TypeScript has texts there,
 * other languages have types of their own.
 * @throws Error for one that is not there, or takes no text.
 */
export const markHostPaths = (model: Model, places: Readonly<Record<string, string>>): Model => {
  const left = new Set(Object.keys(places));
  const takesText = ({ type }: Field): boolean =>
    type.kind === 'string' || (type.kind === 'union' && type.of.some(({ kind }) => kind === 'string'));
  const mark = (owner: string, fields: readonly Field[]): Field[] =>
    fields.map((field) => {
      const isPath = takesText(field) && left.delete(`${owner}.${field.name}`);
      return isPath ? { ...field, hostPath: true } : field;
    });
  const structs = model.structs.map((struct): Struct => ({ ...struct, fields: mark(struct.name, struct.fields) }));
  const handles = model.handles.map((handle): Handle => {
    const methods = handle.methods.map((method) => ({ ...method, parameters: mark(`${handle.name}.${method.name}`, method.parameters) }));
    return { ...handle, methods };
  });
  if (left.size > 0) throw new Error(`overrides.json: no path of the host can be at ${[...left].join(', ')}`);
  return { ...model, structs, handles };
};
