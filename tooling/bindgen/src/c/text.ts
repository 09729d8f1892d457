import type { Doc, Model } from '../model.js';
import { errorName, snake, typeName } from './names.js';

const WIDTH = 140;

const wrap = (text: string): string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    if (line !== '' && line.length + 4 + word.length > WIDTH) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return line === '' ? lines : [...lines, line];
};

/** Doc comments of TypeScript in the words of C, as Doxygen and editors read them. */
export class DocWriter {
  readonly #words: ReadonlyMap<string, string>;

  constructor(model: Model) {
    const fields = [...model.structs.flatMap((struct) => struct.fields), ...model.handles.flatMap(({ properties }) => properties)];
    const methods = [...model.functions, ...model.handles.flatMap((handle) => handle.methods)];
    this.#words = new Map([
      ...[...fields, ...methods.flatMap(({ parameters }) => parameters)].map(({ name }) => [name, snake(name)] as const),
      ...[...model.structs, ...model.handles].map(({ name }) => [name, typeName(name)] as const),
      ...model.handles.map(({ name }) => [name, typeName(name)] as const),
      ...model.errorCodes.map((code) => [code, errorName(code)] as const),
      ['null', 'NULL'],
      ['undefined', 'NULL'],
    ]);
  }

  words(text: string): string {
    const code = (inner: string): string => inner.replace(/[A-Za-z_]\w*/g, (word) => this.#words.get(word) ?? word);
    return text
      .replace(/`([^`]*)`/g, (_, inner: string) => `\`${code(inner)}\``)
      .replace(/\{@link\s+(\w+)\s*\}/g, (_, inner: string) => code(inner))
      .replace(/\bAbortError\b/g, errorName('Aborted'))
      .replaceAll('*/', '* /');
  }

  /** A comment; none where there is nothing to say. */
  comment(doc: Doc, more: readonly string[] = []): string[] {
    const said = doc.text === '' ? [] : doc.text.split('\n\n');
    const byDefault = doc.defaultValue === undefined ? [] : [`Default: ${doc.defaultValue}.`];
    const returned = doc.returns === undefined ? [] : [`@return ${doc.returns}`];
    const thrown = (doc.throws ?? []).map((text) => `Fails with ${text.replace(/^BoxliteError:?\s*/, '')}`);
    const parts = [...said, ...byDefault, ...more, ...returned, ...thrown]
      .map((part) => wrap(this.words(part)))
      .filter((lines) => lines.length > 0);
    const lines = parts.flat();
    const [first] = lines;
    if (first === undefined) return [];
    return lines.length === 1 ? [`/** ${first} */`] : ['/**', ...lines.map((line) => ` * ${line}`), ' */'];
  }
}
