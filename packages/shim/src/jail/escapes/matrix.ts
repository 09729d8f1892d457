import { ATTEMPTS, type Held, LAYERS } from './attempts.js';

/** The table of attempts and the layers that stop them, as cells: `docs/security.md` has it. */
export const matrix = (): string[][] => [
  ['attempt', ...LAYERS],
  ...[...ATTEMPTS].map(([name, held]) => [name, ...LAYERS.map((layer) => cell(held, layer))]),
];

const cell = ({ by, byForRoot }: Held, layer: (typeof LAYERS)[number]): string => {
  if (by.includes(layer)) return 'stops';
  return byForRoot?.includes(layer) === true ? 'root' : '';
};

/** A Markdown table's cells, of the first table whose first head is `head`. */
export const tableCells = (page: string, head: string): string[][] => {
  const rows: string[][] = [];
  for (const line of page.split('\n')) {
    const cells = line.startsWith('|') ? line.split('|').slice(1, -1) : undefined;
    const texts = cells?.map((text) => text.trim());
    if (rows.length === 0 ? texts?.[0] === head : texts !== undefined) rows.push(texts ?? []);
    else if (rows.length > 0) break;
  }
  return rows.filter((_, at) => at !== 1);
};
