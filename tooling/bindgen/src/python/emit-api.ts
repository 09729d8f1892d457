/** The Python classes of the API, asynchronous and synchronous, and the package's front door. */
import type { Field, Handle, Method, Model, Type } from '../model.js';
import { dataNames, emitStruct, HEADER, registration } from './emit-data.js';
import { errorClass, snake } from './names.js';
import { DocWriter } from './text.js';
import { annotation, coding, hasHandle, inputAnnotation, optionsOf, type Way } from './types.js';

/** The longest line of a signature in documentation. */
const MAX_LINE = 120;

const isClosable = (handle: Handle): boolean => handle.dispose !== undefined;

const takesStream = (type: Type): boolean => type.kind === 'readable' || (type.kind === 'union' && type.of.some(takesStream));

/** The parameters of a method as Python has them, and as they are passed on. */
interface Parameters {
  signature: string[];
  documented: Field[];
  positional: Field[];
  keywords: Field[];
  hasOptions: boolean;
}

/** One API: how calls are written differs, what they take and give does not. */
class Emitter {
  readonly #docs: DocWriter;
  readonly #ways: { input: Way; output: Way };

  constructor(
    private readonly model: Model,
    private readonly sync: boolean,
  ) {
    this.#docs = new DocWriter(model);
    this.#ways = { input: { input: true, sync }, output: { input: false, sync, list: 'builtins.list' } };
  }

  module(): string {
    const structs = this.model.structs.filter(hasHandle).map((struct) => emitStruct(struct, this.#docs));
    // Each class is there before one that names it at import time; annotations need no order.
    return [
      ...structs,
      ...this.model.handles.map((handle) => this.#handle(handle)),
      ...this.model.functions.map((method) => this.#function(method)),
    ].join('\n\n\n');
  }

  #handle(handle: Handle): string {
    const lines = [`class ${handle.name}(${this.sync ? `SyncHandle[_aio.${handle.name}]` : 'Handle'}):`];
    lines.push(...this.#docs.docstring(handle.doc.text === '' ? { text: handle.name } : handle.doc, '    '));
    for (const property of handle.properties) lines.push('', ...this.#property(property));
    for (const method of handle.methods) lines.push('', ...this.#method(method, handle));
    if (isClosable(handle)) lines.push('', ...this.#block(handle));
    return lines.join('\n');
  }

  /** A method of the asynchronous API as documentation shows it. */
  describe(method: Method, handle: Handle | undefined): { signature: string; documented: readonly Field[] } {
    const { signature, documented } = this.#parameters(method);
    const hint = annotation(method.result, method.name, { ...this.#ways.output, list: 'list' });
    const opens = this.#isClosable(method.result);
    const waits = !opens && (method.result.kind !== 'items' || method.async);
    const name = method.static && handle ? `${handle.name}.${snake(method.name)}` : snake(method.name);
    const head = `${waits ? 'async ' : ''}def ${name}`;
    const result = opens ? `Opening[${hint}]` : hint;
    const line = `${head}(${signature.join(', ')}) -> ${result}`;
    const text = line.length <= MAX_LINE ? line : `${head}(\n${signature.map((each) => `    ${each},\n`).join('')}) -> ${result}`;
    return { signature: text, documented };
  }

  #property(property: Field): string[] {
    const { name, type, optional, doc } = property;
    const hint = `${annotation(type, name, this.#ways.output)}${optional ? ' | None' : ''}`;
    const own = snake(name);
    const head = ['    @property', `    def ${own}(self) -> ${hint}:`, ...this.#docs.docstring(doc, '        ')];
    if (this.sync) return [...head, `        return ${this.#wrapped(type, `self._inner.${own}`)}`];
    if (type.kind === 'handle') return [...head, `        return ${type.name}(self._ref.part("${name}", self))`];
    return [...head, `        value: ${hint} = self._ref.properties["${own}"]`, '        return value'];
  }

  #parameters(method: Method): Parameters {
    const options = optionsOf(method.parameters, this.model);
    const keywords = (options?.fields ?? []).filter(({ type }) => type.kind !== 'signal');
    const taken = new Set(keywords.map(({ name }) => name));
    // In TypeScript an option may have the name of a parameter before it.
    const positional = (options === undefined ? method.parameters : method.parameters.slice(0, -1)).map((field) =>
      taken.has(field.name) ? { ...field, name: `${field.name}_` } : field,
    );
    const ordered = [...keywords.filter(({ optional }) => !optional), ...keywords.filter(({ optional }) => optional)];
    const signature = [
      ...positional.map((field) => this.#parameter(field)),
      ...(ordered.length > 0 ? ['*', ...ordered.map((field) => this.#parameter(field))] : []),
    ];
    return {
      signature,
      documented: [...positional, ...ordered],
      positional,
      keywords: ordered,
      hasOptions: options !== undefined,
    };
  }

  #parameter(field: Field): string {
    const { name, type, optional } = field;
    const hint = inputAnnotation(field, this.#ways.input);
    if (!optional) return `${snake(name)}: ${hint}`;
    return type.kind === 'array' && name === 'args' ? `${snake(name)}: ${hint} = ()` : `${snake(name)}: ${hint} | None = None`;
  }

  #arguments({ positional, keywords, hasOptions }: Parameters): string {
    const value = ({ name, type }: Field): string => {
      if (type.kind === 'callback') return `Callback.of(${snake(name)}, ${coding(type.argument, this.model)})`;
      return takesStream(type) ? `Source.of(${snake(name)})` : snake(name);
    };
    const options = keywords.map((field) => `"${field.name}": ${value(field)}`);
    return `[${[...positional.map(value), ...(hasOptions ? [`given({${options.join(', ')}})`] : [])].join(', ')}]`;
  }

  #passedOn({ positional, keywords }: Parameters): string {
    return [...positional.map(({ name }) => snake(name)), ...keywords.map(({ name }) => `${snake(name)}=${snake(name)}`)].join(', ');
  }

  #isClosable(type: Type): boolean {
    return type.kind === 'handle' && this.model.handles.some((handle) => handle.name === type.name && isClosable(handle));
  }

  #method(method: Method, handle: Handle): string[] {
    const parameters = this.#parameters(method);
    const name = snake(method.name);
    const hint = annotation(method.result, method.name, this.#ways.output);
    const first = method.static ? [] : ['self'];
    const signature = [...first, ...parameters.signature].join(', ');
    const decorator = method.static ? ['    @staticmethod'] : [];
    const doc = this.#docs.docstring(method.doc, '        ', { args: parameters.documented });
    if (this.sync)
      return [...decorator, `    def ${name}(${signature}) -> ${hint}:`, ...doc, ...this.#syncBody(method, handle, parameters)];

    const wire = method.static ? `${handle.name}.${method.name}` : method.name;
    const values = this.#arguments(parameters);
    const result = coding(method.result, this.model);
    const call = method.static ? `call_static("${wire}", ${values}, ${result})` : `self._ref.call("${wire}", ${values}, ${result})`;
    if (this.#isClosable(method.result)) {
      return [...decorator, `    def ${name}(${signature}) -> Opening[${hint}]:`, ...doc, `        return Opening(${call})`];
    }
    if (method.result.kind === 'items') {
      const start = method.async ? `await ${call}` : `self._ref.start("${wire}", ${values}, ${result})`;
      return [`    ${method.async ? 'async ' : ''}def ${name}(${signature}) -> ${hint}:`, ...doc, `        return ItemStream(${start})`];
    }
    const head = `    async def ${name}(${signature}) -> ${hint}:`;
    if (handle.dispose === 'close' && method.name === 'close') {
      return [head, ...doc, `        await self._ref.close(${values})`];
    }
    if (hint === 'None') return [head, ...doc, `        await ${call}`];
    return [head, ...doc, `        result: ${hint} = await ${call}`, '        return result'];
  }

  #syncBody(method: Method, handle: Handle, parameters: Parameters): string[] {
    const callee = method.static ? `_aio.${handle.name}.${snake(method.name)}` : `self._inner.${snake(method.name)}`;
    const call = `${callee}(${this.#passedOn(parameters)})`;
    if (method.result.kind === 'items' && !method.async) return [`        return ItemStream(PORTAL.call(lambda: ${call}))`];
    const run = this.#isClosable(method.result) ? `PORTAL.run(awaited(lambda: ${call}))` : `PORTAL.run(${call})`;
    if (method.result.kind === 'void') return [`        ${run}`];
    return [`        return ${this.#wrapped(method.result, run)}`];
  }

  /** A value of the asynchronous API as the synchronous one has it. */
  #wrapped(type: Type, value: string): string {
    switch (type.kind) {
      case 'handle':
        return `${type.name}(${value})`;
      case 'readable':
        return `ByteStream(${value})`;
      case 'writable':
        return `ByteSink(${value})`;
      case 'items':
        return `ItemStream(${value})`;
      case 'array':
        return type.item.kind === 'handle' ? `[${type.item.name}(each) for each in ${value}]` : value;
      case 'ref': {
        const struct = this.model.structs.find(({ name }) => name === type.name);
        if (struct === undefined || !hasHandle(struct)) return value;
        const fields = struct.fields.map((field) => `${snake(field.name)}=${this.#wrapped(field.type, `given.${snake(field.name)}`)}`);
        return `(lambda given: ${struct.name}(${fields.join(', ')}))(${value})`;
      }
      default:
        return value;
    }
  }

  #block(handle: Handle): string[] {
    if (this.sync) {
      return [
        `    def __enter__(self) -> ${handle.name}:`,
        '        return self',
        '',
        '    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:',
        '        PORTAL.run(self._inner.__aexit__(kind, error, trace))',
      ];
    }
    const end = handle.dispose === 'close' ? 'await self.close()' : 'await self._ref.leave()';
    return [
      `    async def __aenter__(self) -> ${handle.name}:`,
      '        return self',
      '',
      '    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:',
      `        ${end}`,
    ];
  }

  /** A function of the API; those that there are give items. */
  #function(method: Method): string {
    if (method.result.kind !== 'items') throw new Error(`${method.name}: Python's generator knows only functions that give items`);
    const parameters = this.#parameters(method);
    const hint = annotation(method.result, method.name, { ...this.#ways.output, list: 'list' });
    const name = snake(method.name);
    const head = `${this.sync ? '' : 'async '}def ${name}(${parameters.signature.join(', ')}) -> ${hint}:`;
    const doc = this.#docs.docstring(method.doc, '    ', { args: parameters.documented });
    const body = this.sync
      ? `    return ItemStream(PORTAL.run(_aio.${name}(${this.#passedOn(parameters)})))`
      : `    return ItemStream(await open_items("${method.name}", ${this.#arguments(parameters)}, ${coding(method.result, this.model)}))`;
    return [head, ...doc, body].join('\n');
  }
}

export const describeMethod = (model: Model, method: Method, handle: Handle | undefined): ReturnType<Emitter['describe']> =>
  new Emitter(model, false).describe(method, handle);

/** The names of data that a module uses. */
const imports = (model: Model, module: string): string => {
  const names = dataNames(model).filter((name) => new RegExp(`\\b${name}\\b`).test(module));
  return `from ._data import (\n${names.map((name) => `    ${name},`).join('\n')}\n)`;
};

export const emitAio = (model: Model): string => {
  const module = new Emitter(model, false).module();
  const registered = model.handles.map(({ name, properties }) => {
    const rows = properties
      .filter(({ type }) => type.kind !== 'handle')
      .map((field) => `("${field.name}", "${snake(field.name)}", ${coding(field.type, model)})`);
    return `HANDLES["${name}"] = (${name}, (${rows.join(', ')}${rows.length === 1 ? ',' : ''}))`;
  });
  return `${HEADER}"""BoxLite for asyncio."""

from __future__ import annotations

import builtins
import datetime
import os
from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import ClassVar, Literal

from ._codec import Callback, Source
from ._connection import HANDLES, MODEL
${imports(model, module)}
from ._handle import Handle, Opening, given
from ._process import call_static, open_items
from ._streams import ByteSink, ByteStream, ItemStream


${module}


${model.structs
  .filter(hasHandle)
  .map((struct) => registration(struct, model))
  .join('\n')}
${registered.join('\n')}
`;
};

export const emitSync = (model: Model): string => {
  const module = new Emitter(model, true).module();
  const structs = model.structs.filter(hasHandle).map(({ name }) => name);
  const names = [...dataNames(model), ...model.errorCodes.map(errorClass), 'BoxliteError'];
  const own = [
    ...model.handles.map(({ name }) => name),
    ...structs,
    ...model.functions.map(({ name }) => snake(name)),
    'ByteSink',
    'ByteStream',
    'ItemStream',
  ];
  return `${HEADER}"""BoxLite for programs without asyncio: the same names, and each call waits for its end.

Functions that are told of progress are called in another thread.
"""

from __future__ import annotations

import builtins
import datetime
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import ClassVar, Literal

from . import _aio
from ._data import (
${dataNames(model)
  .map((name) => `    ${name},`)
  .join('\n')}
)
from ._errors import (
${['BoxliteError', ...model.errorCodes.map(errorClass)].map((name) => `    ${name},`).join('\n')}
)
from ._portal import PORTAL, ByteSink, ByteStream, ItemStream, SyncHandle, awaited

__all__ = [
${[...new Set([...names, ...own])]
  .sort()
  .map((name) => `    "${name}",`)
  .join('\n')}
]


${module}
`;
};

/** What is written by hand over the generated API. */
const BOXES = [
  'CodeBox',
  'CodeError',
  'CodeResult',
  'CodeValue',
  'Display',
  'ExecError',
  'ExecResult',
  'InteractiveBox',
  'ParseError',
  'SimpleBox',
  'SyncCodeBox',
  'SyncSimpleBox',
  'TimeoutError',
];

export const emitInit = (model: Model): string => {
  const structs = model.structs.filter(hasHandle).map(({ name }) => name);
  const api = [...model.handles.map(({ name }) => name), ...structs, ...model.functions.map(({ name }) => snake(name))].sort();
  const errors = ['BoxliteError', ...model.errorCodes.map(errorClass)].sort();
  const streams = ['ByteSink', 'ByteStream', 'ItemStream'];
  const group = (module: string, names: readonly string[]): string =>
    `from .${module} import (\n${names.map((name) => `    ${name},`).join('\n')}\n)`;
  return `${HEADER}"""BoxLite: an embeddable sandbox that runs OCI images in real virtual machines.

This is the API for asyncio; \`\`boxlite.sync\`\` is the same for programs without it.
"""

${[group('_aio', api), group('_data', dataNames(model)), group('_errors', errors), group('_handle', ['Opening']), group('_streams', streams), group('boxes', BOXES)].join('\n')}

__version__ = VERSION

__all__ = [
${[...api, ...dataNames(model), ...errors, 'Opening', ...streams, ...BOXES]
  .sort()
  .map((name) => `    "${name}",`)
  .join('\n')}
]
`;
};
