import { BoxliteError } from '@boxlite/core';

/** `instanceof` of a subclass: what {@link BoxliteError} says of itself would hold for all its subclasses. */
const isInstance = (value: unknown, of: { prototype: object }): boolean =>
  typeof value === 'object' && value !== null && Object.prototype.isPrototypeOf.call(of.prototype, value);

const rename = (error: Error, name: string): void => {
  Object.defineProperty(error, 'name', { value: name, configurable: true });
};

/** Code that failed, or an installation of packages that did. Its `code` is `Execution`. */
export class ExecError extends BoxliteError {
  /** What was asked for: `run()`. */
  readonly command: string;
  /** Not 0. */
  readonly exitCode: number;
  /** What it said about it; of code the traceback. */
  readonly stderr: string;

  constructor(command: string, exitCode: number, stderr: string) {
    super('Execution', `'${command}' failed with exit code ${String(exitCode)}: ${stderr}`, { reason: 'non-zero-exit' });
    this.command = command;
    this.exitCode = exitCode;
    this.stderr = stderr;
    rename(this, 'ExecError');
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isInstance(value, this);
  }
}

/** A command or code that took longer than it may, and was ended. Its `code` is `Execution`. */
export class TimeoutError extends BoxliteError {
  constructor(message: string) {
    super('Execution', message, { reason: 'timed-out' });
    rename(this, 'TimeoutError');
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isInstance(value, this);
  }
}

/** What came from the Box is not what an interpreter says, as when the code in it took its place. Its `code` is `Portal`. */
export class ParseError extends BoxliteError {
  constructor(message: string) {
    super('Portal', message, { reason: 'malformed-answer' });
    rename(this, 'ParseError');
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isInstance(value, this);
  }
}
