/** `./dev bench`: runs the measures and prints what they found. */
import { writeFile } from 'node:fs/promises';
import type { SystemInfo } from '@boxlite/core';
import { Lab } from './lab.js';
import { measures } from './measures.js';
import { help, readOptions, UsageError } from './options.js';
import { describeMachine, type HostLoad, type Machine, watchLoad } from './report/machine.js';
import { type Findings, type SummarizedRow, summarizeRow } from './report/row.js';
import { table } from './report/table.js';

interface Report {
  startedAt: string;
  machine: Machine;
  system: SystemInfo;
  measures: Record<string, { load: HostLoad; warm: string; rows: SummarizedRow[]; skipped: readonly string[] } | { failed: string }>;
}

const say = (line: string): void => {
  process.stderr.write(`[bench] ${line}\n`);
};

const describe = ({ cpu, cpus, memoryBytes, kernel, distribution, node }: Machine): string =>
  `${String(cpus)} × ${cpu}, ${String(Math.round(memoryBytes / 2 ** 30))} GiB, ${distribution}, Linux ${kernel}, Node ${node}`;

const describeSystem = ({ engine, accelerator, acceleratorReason, guest }: SystemInfo): string =>
  `${engine.name} ${engine.version} (${engine.kind}), ${accelerator ?? 'no accelerator'} (${acceleratorReason}), guest kernel ${guest.kernelRelease}`;

const describeLoad = ({ before, after, stealShare }: HostLoad): string =>
  `load ${before.toFixed(1)} → ${after.toFixed(1)}` +
  (stealShare === undefined ? '' : `, ${(100 * stealShare).toFixed(1)} % of CPU time stolen`);

const wanted = readOptionsOrExit();
const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => abort.abort(new Error(`stopped by ${signal}`)));
}

const machine = await describeMachine();
console.log(describe(machine));
{
  await using lab = await Lab.open(abort.signal);
  const system = await lab.system();
  console.log(describeSystem(system));
  const report: Report = { startedAt: new Date().toISOString(), machine, system, measures: {} };
  for (const measure of measures) {
    if (abort.signal.aborted || (wanted.only.length > 0 && !wanted.only.includes(measure.name))) continue;
    say(`${measure.name}: ${measure.about}`);
    const load = await watchLoad();
    try {
      const rounds = wanted.rounds ?? measure.rounds;
      const findings: Findings = await measure.run({ lab, rounds, signal: abort.signal });
      const hostLoad = await load();
      const { warm, rows, skipped = [] } = findings;
      report.measures[measure.name] = { load: hostLoad, warm, rows: rows.map(summarizeRow), skipped };
      console.log(`\n${table(`${measure.name}: ${measure.about} (${describeLoad(hostLoad)})`, findings)}`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      report.measures[measure.name] = { failed: reason };
      console.log(`\n${measure.name}: failed: ${reason}`);
      process.exitCode = 1;
    }
  }
  if (wanted.json !== undefined) await writeFile(wanted.json, JSON.stringify(report, null, 2) + '\n');
}

function readOptionsOrExit() {
  try {
    const options = readOptions(process.argv.slice(2));
    if (options.help) {
      process.stdout.write(help());
      process.exit(0);
    }
    return options;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    say(`${error.message}. --help tells more`);
    process.exit(2);
  }
}
