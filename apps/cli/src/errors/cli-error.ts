/** The exit codes of `boxlite` itself, as Docker has them; every other one is the command's own. */
export const EXIT = {
  /** The command ran into its `--timeout`; as timeout(1). */
  timedOut: 124,
  failed: 125,
  notExecutable: 126,
  notFound: 127,
} as const;

/** A failure that the command line itself finds, before or beside core. */
export class CliError extends Error {
  override readonly name = 'CliError';
  /** What to do about it, on a line of its own. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** Several failures of one call, such as `rm a b`; each has been printed already. */
export class ReportedError extends Error {
  override readonly name = 'ReportedError';
}

/** Whoever read our output is gone: no failure worth a word, as of any other tool in a pipe. */
export class OutputClosedError extends Error {
  override readonly name = 'OutputClosedError';
}

/** The process that has the home has run the command, and printed what there was to say. */
export class RanElsewhereError extends Error {
  override readonly name = 'RanElsewhereError';

  constructor(readonly exitCode: number) {
    super(`run elsewhere, with exit code ${String(exitCode)}`);
  }
}

/** A signal ended what `boxlite` was doing; its sender knows, so nothing is printed. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';

  constructor(readonly signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
  }
}
