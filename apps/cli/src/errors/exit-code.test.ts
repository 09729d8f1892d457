import { BOXLITE_ERROR_CODES, BoxliteError } from '@boxlite/shared';
import { CliError, InterruptedError, OutputClosedError } from './cli-error.js';
import { exitCodeOfError, exitCodeOfSignal, exitCodeOfStatus } from './exit-code.js';

describe('exitCodeOfError', () => {
  it.each(BOXLITE_ERROR_CODES)('is 125 for %s', (code) => {
    expect(exitCodeOfError(new BoxliteError(code, 'it failed'))).toBe(125);
    // A reason counts only where a command could not be started.
    if (code !== 'Execution') expect(exitCodeOfError(new BoxliteError(code, 'it failed', { reason: 'command-not-found' }))).toBe(125);
  });

  it.each([
    ['command-not-found', 127],
    ['command-not-executable', 126],
    ['bad-working-dir', 126],
    ['user-not-found', 125],
    ['constructor', 125],
  ])('is, when a command does not start with %s, %d', (reason, exitCode) => {
    expect(exitCodeOfError(new BoxliteError('Execution', 'it did not start', { reason }))).toBe(exitCode);
  });

  it.each([
    ['an interruption', new InterruptedError('SIGINT'), 130],
    ['a termination', new InterruptedError('SIGTERM'), 143],
    ['a reader that is gone', new OutputClosedError('gone'), 141],
    ['wrong usage', new CliError('no such option'), 125],
    ['a bug', new TypeError('x is not a function'), 125],
    ['what is no error', 'oops', 125],
  ])('is for %s', (_, error, exitCode) => {
    expect(exitCodeOfError(error)).toBe(exitCode);
  });
});

describe('exitCodeOfStatus', () => {
  it.each([0, 1, 125, 255])('passes %d through', (exitCode) => {
    expect(exitCodeOfStatus({ exitCode, signal: null, timedOut: false })).toBe(exitCode);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGKILL', 137],
    ['SIGSEGV', 139],
    ['SIGTERM', 143],
  ] as const)('is 128 + N for %s', (signal, exitCode) => {
    expect(exitCodeOfStatus({ exitCode: null, signal, timedOut: false })).toBe(exitCode);
    expect(exitCodeOfSignal(signal)).toBe(exitCode);
  });

  it('is 124 after a timeout, however the command ended', () => {
    expect(exitCodeOfStatus({ exitCode: null, signal: 'SIGTERM', timedOut: true })).toBe(124);
    expect(exitCodeOfStatus({ exitCode: 0, signal: null, timedOut: true })).toBe(124);
  });
});
