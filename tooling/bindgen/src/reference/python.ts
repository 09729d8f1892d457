import type { Model } from '../model.js';
import { dataNames } from '../python/emit-data.js';
import { describeMethod } from '../python/emit-api.js';
import { errorClass, snake } from '../python/names.js';
import { DocWriter } from '../python/text.js';
import { annotation, hasHandle, type Way } from '../python/types.js';
import type { Language } from './language.js';

const way: Way = { input: false, sync: false };

export const python = (model: Model): Language => {
  const docs = new DocWriter(model);
  const named = new Set(dataNames(model));
  return {
    title: 'Python',
    intro:
      'Everything in the package `boxlite`, for asyncio. `boxlite.sync` has the same names, without `async`: what is awaited here waits there. ' +
      'Failures are a `BoxliteError` of the class that the code has. The docstrings say the same in an editor.',
    signature: (method, owner) => describeMethod(model, method, owner).signature,
    field: ({ name, type }) => ({ name: snake(name), type: annotation(type, name, way) }),
    alias: (name) => annotation(model.aliases.find((alias) => alias.name === name)?.type ?? { kind: 'json' }, name, way),
    error: errorClass,
    // Markdown marks code with one backtick, docstrings with two.
    words: (text) => docs.words(text).replaceAll('``', '`').replaceAll('\\\\', '\\'),
    explained: (method) => describeMethod(model, method, undefined).documented.filter(({ doc }) => doc.text !== ''),
    isThere: () => true,
    structs: () => model.structs.filter((struct) => named.has(struct.name) || hasHandle(struct)),
  };
};
