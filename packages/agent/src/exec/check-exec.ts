import { BoxliteError, checkOptions } from '@boxlite/shared';
import { holdSource } from '../source.js';
import type { ExecOptions, RunOptions } from './exec-options.js';

const OF_EXEC = ['env', 'workingDir', 'user', 'tty', 'stdin', 'timeoutMs', 'signal'] as const satisfies readonly (keyof ExecOptions)[];
const OF_RUN = [...OF_EXEC, 'check', 'encoding', 'maxBuffer'] as const satisfies readonly (keyof RunOptions)[];

/**
 * Checks what can be checked of a command before its Box is started for it, and takes over its stdin.
 * @throws BoxliteError `InvalidArgument`.
 */
export const checkExec = (args: readonly string[], options: ExecOptions): void => {
  checkOptions(options, 'a command', OF_EXEC);
  check(args, options);
};

/** As {@link checkExec}, of a command whose output is collected. */
export const checkRun = (args: readonly string[], options: RunOptions): void => {
  checkOptions(options, 'a command that is run to its end', OF_RUN);
  check(args, options);
};

const check = (args: unknown, { stdin }: ExecOptions): void => {
  if (!Array.isArray(args)) {
    throw new BoxliteError(
      'InvalidArgument',
      `the arguments are ${JSON.stringify(args) ?? typeof args}; give a list of strings: ('echo', ['hi'])`,
    );
  }
  if (stdin !== undefined && stdin !== 'pipe' && stdin !== 'closed') holdSource(stdin, 'stdin');
};
