import type { RunOptions } from '@boxlite/core';

/** How a command is run, beside its arguments and environment. */
export interface ExecCallOptions extends Pick<RunOptions, 'stdin' | 'signal' | 'maxBuffer'> {
  /** Directory in the Box. @defaultValue the container's */
  cwd?: string;
  /** `name|uid[:group|gid]`. @defaultValue the container's */
  user?: string;
  /** After so many seconds the command is ended, and `exec` fails with a TimeoutError. @defaultValue never */
  timeoutSecs?: number;
}

/** What `exec` may be given after the command: arguments one by one, with an environment as the last; or as a list, with all the rest. */
export type ExecRest =
  | readonly [...args: string[]]
  | readonly [...args: string[], env: Readonly<Record<string, string>>]
  | readonly [args: readonly string[], env?: Readonly<Record<string, string>> | undefined, options?: ExecCallOptions | undefined];

export interface ExecCall {
  args: readonly string[];
  options: RunOptions;
}

const inOurWords = (
  { cwd, user, timeoutSecs, ...rest }: ExecCallOptions,
  env: Readonly<Record<string, string>> | undefined,
): RunOptions => ({
  ...rest,
  ...(env !== undefined && { env }),
  ...(cwd !== undefined && { workingDir: cwd }),
  ...(user !== undefined && { user }),
  ...(timeoutSecs !== undefined && { timeoutMs: timeoutSecs * 1000 }),
});

export const readExecCall = (rest: ExecRest): ExecCall => {
  const [first] = rest;
  if (Array.isArray(first)) {
    const [args, env, options = {}] = rest as Extract<ExecRest, readonly [args: readonly string[], ...unknown[]]>;
    return { args, options: inOurWords(options, env) };
  }
  const last = rest.at(-1);
  if (typeof last !== 'object') return { args: rest as readonly string[], options: {} };
  return { args: rest.slice(0, -1) as string[], options: inOurWords({}, last as Readonly<Record<string, string>>) };
};
