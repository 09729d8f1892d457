/** What code has shown, as its content by MIME type: `image/png`, `text/html`, `text/plain`. */
export type Display = Readonly<Record<string, Buffer>>;

/** What went wrong in code. */
export interface CodeError {
  /** The class of the exception: `ZeroDivisionError`; `InterpreterExited` when the code has ended the interpreter. */
  readonly name: string;
  readonly message: string;
  /** As the language prints it, with the code's own frames; empty when there is none. */
  readonly traceback: string;
}

/** The value of the last expression. */
export interface CodeValue {
  /** As the language shows it: by `repr`, or `util.inspect`. */
  readonly text: string;
  /** The value itself, when JSON can have it. */
  readonly json?: unknown;
}

/** What a run came to. */
export interface CodeResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Undefined where the code does not end with an expression, or that gives nothing. */
  readonly value: CodeValue | undefined;
  /** In the order in which they were shown; plots among them. */
  readonly displays: readonly Display[];
  /** The images among what was shown. */
  readonly pngs: readonly Buffer[];
  /** Undefined when all went well. */
  readonly error: CodeError | undefined;
  /** It took longer than it may and was interrupted. */
  readonly timedOut: boolean;
  /** The interpreter has ended, in this run or since the one before, and a new one is there: what earlier runs left is lost. */
  readonly restarted: boolean;
  /** There was more output than is kept. */
  readonly truncated: boolean;
  readonly durationMs: number;
}

/** How code is run. */
export interface CodeOptions {
  /**
   * After so many seconds the code is interrupted, as by Ctrl-C; when it does not heed that within 2 s, its interpreter is killed.
   * @defaultValue never
   */
  timeoutSecs?: number | undefined;
  /** When it fires, the code is interrupted in the same way, and the run fails with an AbortError. */
  signal?: AbortSignal | undefined;
  /** Told what is printed, as it comes. Must not throw. */
  onStdout?: ((text: string) => void) | undefined;
  onStderr?: ((text: string) => void) | undefined;
  /** Told what is shown, as it comes. Must not throw. */
  onDisplay?: ((display: Display) => void) | undefined;
  /** How many characters of output and bytes of what is shown the result keeps; the rest is only told as it comes. @defaultValue 10 Mi */
  maxOutput?: number | undefined;
}
