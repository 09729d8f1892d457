/** How many tests ended in which way. */
export interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

export const noTests: Totals = { passed: 0, failed: 0, skipped: 0 };

export const addTotals = (a: Totals, b: Totals): Totals => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
});

const count = (report: object, key: string): number => {
  const value = (report as Record<string, unknown>)[key];
  if (typeof value !== 'number') throw new Error(`not a report of Jest: no number ${key}`);
  return value;
};

/** Reads what `jest --json` wrote. A test file that could not be run at all counts as one failure. */
export const fromJest = (report: unknown): Totals => {
  if (typeof report !== 'object' || report === null) throw new Error('not a report of Jest');
  return {
    passed: count(report, 'numPassedTests'),
    failed: count(report, 'numFailedTests') + count(report, 'numRuntimeErrorTestSuites'),
    skipped: count(report, 'numPendingTests') + count(report, 'numTodoTests'),
  };
};

/** The full names of the tests in what `jest --json` wrote that passed, but not at the first try. */
export const secondTries = (report: unknown): string[] => {
  const { testResults } = report as { testResults?: { assertionResults: { fullName: string; status: string; invocations?: number }[] }[] };
  return (testResults ?? [])
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status, invocations }) => status === 'passed' && (invocations ?? 1) > 1)
    .map(({ fullName }) => fullName);
};

/** Sums the `test result:` lines of `cargo test`. */
export const fromCargo = (output: string): Totals => {
  let totals = noTests;
  for (const [, passed, failed, skipped] of output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;/gm)) {
    totals = addTotals(totals, { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) });
  }
  return totals;
};

/**
 * The totals of a whole run. A failed check without a failed test (a lint, a build, a crashed test runner) counts as one failure,
 * so that the last line never says that all is well when it is not.
 */
export const checkTotals = (byCheck: ReadonlyMap<string, Totals>, failedChecks: readonly string[]): Totals => {
  let totals = [...byCheck.values()].reduce(addTotals, noTests);
  for (const check of failedChecks) {
    if ((byCheck.get(check)?.failed ?? 0) === 0) totals = addTotals(totals, { ...noTests, failed: 1 });
  }
  return totals;
};
