/** `tsx totals.ts DIRECTORY`: sums the reports of a run of `pnpm ready`; prints one line; exits with 1 when anything failed. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { addTotals, checkTotals, fromCargo, fromJest, noTests, type Totals } from './totals/reports.js';

const directory = process.argv[2];
if (directory === undefined) throw new Error('usage: totals.ts DIRECTORY');

const names = await readdir(directory);
const failedChecks = names.filter((name) => name.endsWith('.failed')).map((name) => basename(name, '.failed'));
const text = (name: string): Promise<string> => readFile(join(directory, name), 'utf8');

/** Which check a report belongs to; a failed check whose reports tell of no failed test counts as one failure. */
const checkOf = (name: string): string => (name.startsWith('jest-e2e-') ? basename(name, '.json').slice('jest-'.length) : 'unit');

const byCheck = new Map<string, Totals>();
const add = (check: string, totals: Totals): void => void byCheck.set(check, addTotals(byCheck.get(check) ?? noTests, totals));

for (const name of names) {
  if (name.startsWith('jest-') && name.endsWith('.json')) add(checkOf(name), fromJest(JSON.parse(await text(name))));
  else if (name === 'cargo-test.log') add('cargo-test', fromCargo(await text(name)));
}

const totals = checkTotals(byCheck, failedChecks);
if (failedChecks.length > 0) console.log(`[ready] failed: ${failedChecks.sort().join(', ')}`);
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(totals.failed > 0 ? 1 : 0);
