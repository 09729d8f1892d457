import { errorCodes } from './emit-rust.js';
import type { Parameter } from './inputs.js';
import { errorName } from './names.js';
import type { CallFunction, Getter, Surface } from './surface.js';
import { DocWriter } from './text.js';

const declared = (type: string, name: string): string => (type.endsWith('*') ? `${type}${name}` : `${type} ${name}`);
const section = (title: string): string => `/* ---------------------------------------------------------------- ${title} */`;

const prototype = (result: string, name: string, parameters: readonly string[]): string =>
  `BOXLITE_API ${declared(result, name)}(${parameters.length === 0 ? 'void' : parameters.join(', ')});`;

const given = (parameters: readonly Parameter[]): string[] => parameters.map(({ c, name }) => declared(c, name));

/** `box` for `boxlite_box`. */
const selfName = (type: string): string => type.replace(/^boxlite_/, '');

class HeaderWriter {
  readonly #docs: DocWriter;

  constructor(private readonly surface: Surface) {
    this.#docs = new DocWriter(surface.model);
  }

  call(each: CallFunction): string[] {
    const self = each.self === undefined ? [] : [declared(`${each.self} *`, selfName(each.self))];
    const parameters = [...self, ...given(each.parameters)];
    const described = each.documented.flatMap(({ field, form: { parameters: own } }) => {
      const text = each.doc.parameters?.[field.name] ?? field.doc.text;
      const [first] = own;
      return text === '' || first === undefined ? [] : [`@param ${first.name} ${text}`];
    });
    return [
      ...this.#docs.comment(each.doc, described),
      prototype(each.result.c, each.name, [...parameters, 'boxlite_error **error']),
      prototype('void', `${each.name}_async`, [...parameters, `${each.result.callback} callback`, 'void *user_data']),
    ];
  }

  getter({ name, doc, self, shape, isOptional }: Getter): string[] {
    const own = declared(`const ${self} *`, selfName(self));
    const said = isOptional ? ['@return Whether there is one.'] : [];
    return [
      ...this.#docs.comment(doc, said),
      isOptional ? prototype('bool', name, [own, declared(`${shape.c} *`, 'value')]) : prototype(shape.c, name, [own]),
    ];
  }

  handles(): string[] {
    return this.surface.handles.flatMap(({ name, doc, getters, sections }) => [
      section(name),
      '',
      ...sections.flatMap(({ doc: about, calls }, at) => [
        ...(at === 0 ? [] : ['', ...this.#docs.comment(about), '']),
        ...calls.flatMap((each) => this.call(each)),
      ]),
      '',
      ...getters.flatMap((each) => this.getter(each)),
      `/** Another owner of the same, in any thread; each lets go of it by itself. */`,
      prototype(`${name} *`, `${name}_share`, [declared(`${name} *`, selfName(name))]),
      ...this.#docs.comment({
        text: doc.text === '' ? '' : `Lets go of it; what it stands for goes on, but for a runtime, which is closed with its last owner.`,
      }),
      prototype('void', `${name}_free`, [declared(`${name} *`, selfName(name))]),
      '',
    ]);
  }

  streams(): string[] {
    return [...this.surface.streams].flatMap(([name, item]) => [
      '/** The next one, when it is there; NULL at the end, and NULL with an error. */',
      prototype(`${item} *`, `${name}_next`, [declared(`${name} *`, 'stream'), 'boxlite_error **error']),
      prototype('void', `${name}_next_async`, [declared(`${name} *`, 'stream'), `${item}_callback callback`, 'void *user_data']),
      '/** Takes no more: the next one is the end. In any thread. */',
      prototype('void', `${name}_close`, [declared(`${name} *`, 'stream')]),
      prototype('void', `${name}_free`, [declared(`${name} *`, 'stream')]),
      '',
    ]);
  }

  options(): string[] {
    return this.surface.options.flatMap(({ name, doc, setters, isCancellable }) => [
      ...this.#docs.comment(doc),
      prototype(`${name} *`, `${name}_new`, []),
      ...setters.flatMap((setter, at) => [
        ...(setters[at - 1]?.doc === setter.doc ? [] : this.#docs.comment(setter.doc)),
        prototype('void', setter.name, [declared(`${name} *`, 'options'), ...given(setter.parameters)]),
      ]),
      ...(isCancellable
        ? [
            '/** Cancels the call. */',
            prototype('void', `${name}_set_cancellation`, [declared(`${name} *`, 'options'), 'boxlite_cancellation *cancellation']),
          ]
        : []),
      prototype('void', `${name}_free`, [declared(`${name} *`, 'options')]),
      '',
    ]);
  }

  results(): string[] {
    return this.surface.results.flatMap(({ name, doc, getters }) => [
      ...this.#docs.comment(doc.text === '' ? { text: `\`${name}\`:` } : doc),
      ...getters.flatMap((each) => this.getter(each)),
      ...(this.surface.owned.has(name) ? [prototype('void', `${name}_free`, [declared(`${name} *`, selfName(name))])] : []),
      '',
    ]);
  }

  collections(): string[] {
    return this.surface.collections.flatMap(({ name, item, isMap }) => {
      const own = declared(`const ${name} *`, isMap ? 'map' : 'list');
      return [
        prototype('size_t', `${name}_get_count`, [own]),
        prototype(item.c, `${name}_get_at`, [own, 'size_t index']),
        ...(isMap
          ? [
              prototype('const char *', `${name}_get_key_at`, [own, 'size_t index']),
              prototype(item.c, `${name}_find`, [own, 'const char *key']),
            ]
          : []),
        ...(this.surface.owned.has(name) ? [prototype('void', `${name}_free`, [declared(`${name} *`, 'list')])] : []),
        '',
      ];
    });
  }

  types(): string[] {
    const { handles, streams, options, results, collections } = this.surface;
    const opaque = (name: string): string => `typedef struct ${name} ${name};`;
    return [
      ...handles.flatMap(({ name, doc }) => [...this.#docs.comment(doc), opaque(name)]),
      '',
      ...[...options, ...results, ...collections].map(({ name }) => opaque(name)),
      ...[...streams.keys()].map(opaque),
    ];
  }

  callbacks(): string[] {
    return [
      ...[...this.surface.callbacks].map(
        ([name, type]) => `typedef void (*${name})(void *user_data, ${declared(type, 'result')}, boxlite_error *error);`,
      ),
      ...[...this.surface.tellers]
        .filter((name) => !['boxlite_read_function', 'boxlite_done_function'].includes(name))
        .map((name) => `typedef void (*${name})(void *user_data, const ${name.replace(/_function$/, '')} *value);`),
    ];
  }
}

/** @param base What does not come of the API: `base.h`. */
export const emitHeader = (surface: Surface, base: string): string => {
  const writer = new HeaderWriter(surface);
  const { model } = surface;
  const docs = new DocWriter(model);
  const constants = model.constants.flatMap(({ name, doc, value }) => [
    ...docs.comment(doc),
    `#define BOXLITE_${name} ${JSON.stringify(value)}`,
  ]);
  const codes = errorCodes(surface).map((code, at) => `  ${errorName(code)} = ${at + 1}`);
  return `/* Generated by tooling/bindgen from the public API of @boxlite/core. Do not edit; run: ./dev bindgen */

/**
 * BoxLite for C and C++: a library that runs OCI images in virtual machines. docs/c.md is the guide to it.
 *
 * - All types are opaque. What a call gives belongs to the program, which lets go of it by the \`_free\` of its type; what a \`_get_\` or
 *   \`_find\` gives belongs to what it was got from, and lives as long as that. NULL may be given to every \`_free\` and \`_get_\`.
 * - Options are made by \`_new\` and filled by \`_set_\` and \`_add_\`; they are copied by each call that they are given to, and can be used
 *   again. NULL stands for none. A list of texts ends with NULL.
 * - A call that fails returns NULL, false or -1, and writes an error to where its last argument points, unless that is NULL.
 * - Each call has a form that ends with \`_async\`, which returns at once and tells a callback how the call has ended. What the callback is
 *   given belongs to it, the error included. Callbacks run in threads of the library's: one after another, but for those of calls
 *   that could not begin, or that open or close a runtime. They may call everything. The closing of the last runtime waits for those that run.
 * - All functions may be called in any thread, and many at once; options alone are for one thread at a time while they are filled.
 * - What was opened is for the process that opened it. In a child that was forked calls fail with BOXLITE_ERROR_UNSUPPORTED, reason "forked";
 *   \`_close\` and \`_free\` do nothing there but give back memory. The child may open a runtime of its own, of another home.
 * - Texts are UTF-8. Paths in a Box may be any bytes. Numbers and truth values in a map of texts are as JSON writes them.
 * - Times are in milliseconds, points in time in milliseconds since 1970.
 */
#ifndef BOXLITE_BOXLITE_H
#define BOXLITE_BOXLITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef BOXLITE_API
#define BOXLITE_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

${constants.join('\n')}

typedef enum boxlite_error_code {
${codes.join(',\n')}
} boxlite_error_code;

${writer.types().join('\n')}

${base}
${section('What callbacks are given')}

${writer.callbacks().join('\n')}

${section('Functions')}

${surface.functions.flatMap((each) => writer.call(each)).join('\n')}

${writer.handles().join('\n')}
${section('Streams of things')}

${writer.streams().join('\n')}
${section('Options')}

${writer.options().join('\n')}
${section('Results')}

${writer.results().join('\n')}
${section('Lists and maps')}

${writer.collections().join('\n')}
#ifdef __cplusplus
}
#endif

#endif
`;
};

/** The symbols of the shared library, each with the version of its interface. One that is taken away or changed is of another version. */
export const emitMap = (surface: Surface, base: string): string => {
  const own = [...base.matchAll(/\b(boxlite_\w+)\((?!\*)/g)].map(([, name = '']) => name);
  return `# Generated by tooling/bindgen from the public API of @boxlite/core. Do not edit; run: ./dev bindgen
BOXLITE_0 {
  global:
${[...own, ...surface.names]
  .sort()
  .map((name) => `    ${name};`)
  .join('\n')}
  local:
    *;
};
`;
};
