import { plainText } from './plain-text.js';

export interface Column<T> {
  title: string;
  value: (row: T) => string;
  /** @defaultValue `left` */
  align?: 'left' | 'right';
}

const GAP = '   ';

/** Rows under titles, columns aligned; no spaces at the ends of lines. */
export const table = <T>(columns: readonly Column<T>[], rows: readonly T[]): string => {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ value }) => plainText(value(row)).replace(/\s+/g, ' '))),
  ];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index]?.length ?? 0)));
  return cells
    .map((line) => {
      const padded = line.map((cell, index) =>
        columns[index]?.align === 'right' ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0),
      );
      return `${padded.join(GAP).trimEnd()}\n`;
    })
    .join('');
};

/** `name: value` lines with the values one under another. */
export const fields = (entries: readonly (readonly [name: string, value: string])[]): string => {
  const width = Math.max(...entries.map(([name]) => name.length)) + 2;
  return entries.map(([name, value]) => `${`${name}:`.padEnd(width)}${plainText(value)}`.trimEnd() + '\n').join('');
};
