import { type Findings, type SummarizedRow, summarizeRow, type Unit } from './row.js';
import type { Summary } from './statistics.js';

/** Prints a value in a unit that fits its size, with three digits that count. */
export const format = (value: number, unit: Unit): string => {
  if (unit === 'ms') return value >= 10_000 ? `${digits(value / 1000)} s` : `${digits(value)} ms`;
  if (unit === 'MB/s') return `${digits(value)} MB/s`;
  if (unit === '%') return `${digits(value)} %`;
  return value >= 1e6 ? `${digits(value / 1e6)} MB` : `${digits(value / 1e3)} kB`;
};

const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

const HEADER = ['', 'N', 'p50', 'p95', 'worst', 'beside it', 'N', 'p50', 'p95', 'worst', 'ratio', 'aim'];
/** Columns of text; all others are numbers and stand to the right. */
const TEXT = new Set([0, 5, 11]);

const aim = ({ aim, unit, reached }: SummarizedRow): string => {
  if (aim === undefined) return '';
  const bound = 'p50' in aim ? format(aim.p50, unit) : `× ${digits(aim.ratio)}`;
  return `${unit === 'MB/s' ? '≥' : '≤'} ${bound}: ${reached === true ? 'reached' : 'MISSED'}`;
};

const cells = (row: SummarizedRow): string[] => {
  const numbers = ({ n, p50, p95, worst }: Summary) => [String(n), ...[p50, p95, worst].map((value) => format(value, row.unit))];
  const { counterpart, ratio } = row;
  const beside =
    counterpart === undefined || ratio === undefined
      ? ['', '', '', '', '', '']
      : [counterpart.what, ...numbers(counterpart), `× ${digits(ratio)}`];
  return [row.what, ...numbers(row), ...beside, aim(row)];
};

/** Lines up columns that are two blanks apart. */
const align = (lines: readonly (readonly string[])[]): string[] => {
  const widths = HEADER.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) =>
    line
      .map((cell, column) => (TEXT.has(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
};

/** The findings of one measure as lines of text. */
export const table = (title: string, { warm, rows, skipped = [] }: Findings): string => {
  const lines = rows.length === 0 ? [] : align([HEADER, ...rows.map((row) => cells(summarizeRow(row)))]);
  return [title, `  warm: ${warm}`, ...lines.map((line) => `  ${line}`), ...skipped.map((reason) => `  not measured: ${reason}`)].join(
    '\n',
  );
};
