import { checkTotals, fromCargo, fromJest, secondTries } from './reports.js';

describe('fromJest', () => {
  const report = {
    numPassedTests: 5,
    numFailedTests: 1,
    numRuntimeErrorTestSuites: 1,
    numPendingTests: 2,
    numTodoTests: 1,
  };

  test('counts a file that could not be run as a failure', () => {
    expect(fromJest(report)).toEqual({ passed: 5, failed: 2, skipped: 3 });
  });

  test('refuses what is no report', () => {
    expect(() => fromJest({})).toThrow('numPassedTests');
    expect(() => fromJest('')).toThrow('not a report');
  });
});

describe('secondTries', () => {
  test('names what passed, but not at once', () => {
    const assertionResults = [
      { fullName: 'a', status: 'passed', invocations: 1 },
      { fullName: 'b', status: 'passed', invocations: 2 },
      { fullName: 'c', status: 'failed', invocations: 2 },
    ];
    expect(secondTries({ testResults: [{ assertionResults }] })).toEqual(['b']);
  });
});

describe('fromCargo', () => {
  test('sums the binaries of a workspace', () => {
    const output = [
      'running 3 tests',
      'test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s',
      'test result: FAILED. 1 passed; 2 failed; 4 ignored; 0 measured; 0 filtered out; finished in 0.00s',
    ].join('\n');
    expect(fromCargo(output)).toEqual({ passed: 4, failed: 2, skipped: 4 });
    expect(fromCargo('error: could not compile')).toEqual({ passed: 0, failed: 0, skipped: 0 });
  });
});

describe('checkTotals', () => {
  const passed = { passed: 3, failed: 0, skipped: 0 };

  test('counts a failed check only when no failed test tells of it', () => {
    expect(checkTotals(new Map([['unit', passed]]), [])).toEqual(passed);
    expect(checkTotals(new Map([['unit', passed]]), ['lint'])).toEqual({ ...passed, failed: 1 });
    expect(checkTotals(new Map([['unit', passed]]), ['unit'])).toEqual({ ...passed, failed: 1 });
    expect(checkTotals(new Map([['unit', { ...passed, failed: 2 }]]), ['unit'])).toEqual({ ...passed, failed: 2 });
  });
});
