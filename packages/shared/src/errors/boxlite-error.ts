import { errnoCode, errorMessage } from './errno-code.js';
import { type BoxliteErrorCode } from './error-code.js';

export interface BoxliteErrorOptions {
  /** What a program can branch on inside a code, in kebab-case or an errno's name: `command-not-found`, `ENOSPC`. */
  reason?: string | undefined;
  cause?: unknown;
}

const BRAND = Symbol.for('boxlite.error');

/**
 * The one error that BoxLite throws.
 *
 * The message says what failed, on what, and what to do about it; `code` is for programs.
 * `instanceof` holds across copies of this package (ESM beside CommonJS).
 */
export class BoxliteError extends Error {
  override readonly name = 'BoxliteError';
  readonly code: BoxliteErrorCode;
  readonly reason: string | undefined;

  constructor(code: BoxliteErrorCode, message: string, options: BoxliteErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.reason = options.reason;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Returns `value` when it is a BoxliteError already, and wraps it as `code` otherwise, its message behind `context`. */
  static from(value: unknown, code: BoxliteErrorCode = 'Internal', context?: string): BoxliteError {
    if (value instanceof BoxliteError) return value;
    const detail = errorMessage(value);
    return new BoxliteError(code, context === undefined ? detail : `${context}: ${detail}`, { cause: value, reason: errnoCode(value) });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}
