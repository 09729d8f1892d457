import ts from 'typescript';
import type { Doc } from './model.js';

/** Lines of a comment flow; an empty line is a paragraph. */
const flow = (text: string): string =>
  text
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s*\n\s*/g, ' ').trim())
    .filter((paragraph) => paragraph !== '')
    .join('\n\n');

const unlink = (text: string): string =>
  text.replace(/\{@link\s+([^}|\s]+)(?:\s*\|\s*([^}]+))?\}/g, (_, target: string, label?: string) => label ?? target);

const textOf = (parts: readonly ts.SymbolDisplayPart[] | undefined): string =>
  flow(unlink(ts.displayPartsToString(parts as ts.SymbolDisplayPart[])));

export const isInternal = (symbol: ts.Symbol): boolean => symbol.getJsDocTags().some(({ name }) => name === 'internal');

export const readDoc = (symbol: ts.Symbol, checker: ts.TypeChecker): Doc => {
  const doc: Doc = { text: textOf(symbol.getDocumentationComment(checker)) };
  for (const { name, text } of symbol.getJsDocTags(checker)) {
    const words = textOf(text);
    if (name === 'param') {
      const [, parameter = '', rest = ''] = /^(\S+)\s*-?\s*([\s\S]*)$/.exec(words) ?? [];
      (doc.parameters ??= {})[parameter] = rest;
    } else if (name === 'returns') doc.returns = words;
    else if (name === 'throws') doc.throws = [...(doc.throws ?? []), words];
    else if (name === 'defaultValue') doc.defaultValue = words;
  }
  return doc;
};
