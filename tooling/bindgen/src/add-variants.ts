import type { Handle, Method, Model, Struct, Type } from './model.js';
import type { Variant } from './overrides.js';

const isIn = (type: Type, name: string): boolean => type.kind === 'ref' && type.name === name;

/**
 * Adds the methods that bindings have beside those of TypeScript.
 * @throws Error for one whose original is not there, or does not give a struct with these fields.
 */
export const addVariants = (model: Model, variants: Readonly<Record<string, Variant>>): Model => {
  const structs: Struct[] = [...model.structs];
  const added = new Map<string, Method[]>();
  for (const [label, { of, options, result, bytes, doc }] of Object.entries(variants)) {
    const [owner = '', name = ''] = label.split('.');
    const original = model.handles.find((handle) => handle.name === owner)?.methods.find((method) => method.name === of);
    const struct = original && model.structs.find((each) => isIn(original.result, each.name));
    if (original === undefined || struct === undefined || bytes.some((field) => !struct.fields.some((each) => each.name === field)))
      throw new Error(`overrides.json: ${label} is a variant of what is not there`);
    const fields = struct.fields.map((field) => (bytes.includes(field.name) ? { ...field, type: { kind: 'bytes' } as const } : field));
    structs.push({ name: result, doc: { text: `What \`${name}\` gives.` }, fields });
    const method = {
      ...original,
      name,
      doc: { ...original.doc, text: doc },
      result: { kind: 'ref', name: result } as const,
      variant: { of, options },
    };
    added.set(owner, [...(added.get(owner) ?? []), method]);
  }
  const handles = model.handles.map((handle): Handle => ({ ...handle, methods: [...handle.methods, ...(added.get(handle.name) ?? [])] }));
  return { ...model, handles, structs: structs.sort((a, b) => (a.name < b.name ? -1 : 1)) };
};
