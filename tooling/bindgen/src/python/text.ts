import type { Doc, Field, Model } from '../model.js';
import { errorClass, renamed, snake } from './names.js';

const WIDTH = 132;

const wrap = (text: string, indent: string, further = indent): string[] => {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ').filter((each) => each !== '')) {
    if (line.trim() !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line.trimEnd());
      line = further;
    }
    line += line.trim() === '' ? word : ` ${word}`;
  }
  return line.trim() === '' ? lines : [...lines, line];
};

/** Doc comments of TypeScript in the words and the form of Python's docstrings (Google's style, which editors read). */
export class DocWriter {
  readonly #renamed: ReadonlyMap<string, string>;
  readonly #codes: ReadonlySet<string>;

  constructor(model: Model) {
    this.#renamed = renamed(model);
    this.#codes = new Set(model.errorCodes);
  }

  /** What stands in backticks is code: names and values of Python's. */
  words(text: string): string {
    const code = (inner: string): string => {
      if (this.#codes.has(inner)) return errorClass(inner);
      const own: Record<string, string> = { null: 'None', undefined: 'None', true: 'True', false: 'False' };
      return own[inner] ?? inner.replace(/[A-Za-z_]\w*/g, (word) => this.#renamed.get(word) ?? word);
    };
    return text
      .replace(/`([^`]*)`/g, (_, inner: string) => `\`\`${code(inner)}\`\``)
      .replace(/\bnull\b/g, 'None')
      .replace(/\bAbortError\b/g, 'CancelledError')
      .replaceAll('\\', '\\\\');
  }

  #fieldText({ doc }: Field): string {
    const text = doc.text === '' ? '' : this.words(doc.text.replaceAll('\n\n', ' '));
    const byDefault = doc.defaultValue === undefined ? '' : `Default: ${this.words(doc.defaultValue)}.`;
    return [text, byDefault].filter((part) => part !== '').join(' ');
  }

  /** The lines of a docstring, quotes included; none where there is nothing to say. */
  docstring(doc: Doc, indent: string, parts: { args?: readonly Field[]; attributes?: readonly Field[] } = {}): string[] {
    const body: string[] = [];
    for (const paragraph of doc.text === '' ? [] : doc.text.split('\n\n'))
      body.push(...(body.length > 0 ? [''] : []), ...wrap(this.words(paragraph), indent));
    const section = (title: string, lines: string[]): void => {
      if (lines.length > 0) body.push(...(body.length > 0 ? [''] : []), `${indent}${title}:`, ...lines);
    };
    const list = (fields: readonly Field[] = []): string[] =>
      fields.flatMap((field) => {
        const text = this.#fieldText(field);
        return text === '' ? [] : wrap(`${snake(field.name)}: ${text}`, `${indent}    `, `${indent}        `);
      });
    for (const text of Object.values(doc.parameters ?? {})) {
      if (text !== '')
        body.push(...(body.length > 0 ? [''] : []), ...wrap(this.words(text.replace(/^(.)/, (first) => first.toUpperCase())), indent));
    }
    section('Args', list(parts.args));
    section('Attributes', list(parts.attributes));
    if (doc.returns !== undefined) section('Returns', wrap(this.words(doc.returns), `${indent}    `));
    const raised = (doc.throws ?? []).filter((text) => !text.startsWith('AbortError'));
    section(
      'Raises',
      raised.flatMap((text) =>
        wrap(`BoxliteError: ${this.words(text.replace(/^BoxliteError:?\s*/, ''))}`, `${indent}    `, `${indent}        `),
      ),
    );
    const [first] = body;
    if (first === undefined) return [];
    const opened = [`${indent}"""${first.trimStart()}`, ...body.slice(1)];
    return opened.length === 1 && (opened[0] ?? '').length < WIDTH ? [`${opened[0] ?? ''}"""`] : [...opened, `${indent}"""`];
  }
}
