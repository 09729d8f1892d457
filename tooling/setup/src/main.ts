/** `tsx tooling/setup/src/main.ts [STEP…]`: makes the named products, or all; `./dev` calls it. */
import { mkdir } from 'node:fs/promises';
import { log } from './log.js';
import { work } from './paths.js';
import { runSteps } from './runner.js';
import { steps } from './steps.js';

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !steps.some((step) => step.name === name));
if (unknown.length > 0) {
  log(`no such step: ${unknown.join(', ')}; there are ${steps.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
await mkdir(work, { recursive: true });
try {
  await runSteps(wanted.length === 0 ? steps : steps.filter(({ name }) => wanted.includes(name)));
} catch (error) {
  for (const failure of error instanceof AggregateError ? error.errors : [error]) {
    log(failure instanceof Error ? failure.message : String(failure));
  }
  process.exit(1);
}
