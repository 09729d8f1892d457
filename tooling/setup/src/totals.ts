/** `tsx totals.ts DIRECTORY`: sums the reports of a run of `pnpm ready`; prints one line; exits with 1 when anything failed. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { addTotals, checkTotals, fromCargo, fromJest, noTests, secondTries, type Totals } from './totals/reports.js';

const directory = process.argv[2];
if (directory === undefined) throw new Error('usage: totals.ts DIRECTORY');

const names = await readdir(directory);
const failedChecks = names.filter((name) => name.endsWith('.failed')).map((name) => basename(name, '.failed'));
const text = (name: string): Promise<string> => readFile(join(directory, name), 'utf8');

const byCheck = new Map<string, Totals>();
const add = (check: string, totals: Totals): void => void byCheck.set(check, addTotals(byCheck.get(check) ?? noTests, totals));

for (const name of names) {
  // Reports are called CHECK.PACKAGE.json.
  if (name.endsWith('.json')) {
    const check = name.slice(0, name.indexOf('.'));
    const report: unknown = JSON.parse(await text(name));
    add(check, fromJest(report));
    for (const test of secondTries(report)) console.log(`[ready] passed at the second try only: ${check}: ${test}`);
  } else if (name === 'cargo-test.log') add('cargo-test', fromCargo(await text(name)));
}

const totals = checkTotals(byCheck, failedChecks);
if (failedChecks.length > 0) console.log(`[ready] failed: ${failedChecks.sort().join(', ')}`);
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(totals.failed > 0 ? 1 : 0);
