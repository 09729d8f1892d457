import { readFileSync } from 'node:fs';
import { CliError } from '../errors/cli-error.js';
import { fromHere } from './from-here.js';

export interface EnvironmentOptions {
  env?: readonly string[];
  envFile?: readonly string[];
}

/** `NAME=value`, or `NAME` for the value that it has here; a name without a value here is left out, as Docker does. */
const assign = (target: Record<string, string>, entry: string, host: NodeJS.ProcessEnv): void => {
  const at = entry.indexOf('=');
  const name = at < 0 ? entry : entry.slice(0, at);
  const value = at < 0 ? host[name] : entry.slice(at + 1);
  if (value !== undefined) target[name] = value;
};

/** A line each, as in Docker's env files: no quotes, no expansion; `#` begins a line that is left out. */
const fileEntries = (path: string): string[] => {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError(`cannot read the file of --env-file: ${error instanceof Error ? error.message : String(error)}`);
  }
  return content
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .map((line) => line.trimStart())
    .filter((line) => line !== '' && !line.startsWith('#'));
};

/** The variables of `--env-file` and `--env`, which is stronger; `undefined` when there are none. */
export const environment = (
  { env = [], envFile = [] }: EnvironmentOptions,
  host: NodeJS.ProcessEnv,
  cwd: string,
): Record<string, string> | undefined => {
  // Without a prototype: `__proto__` is a name like any other.
  const result = Object.create(null) as Record<string, string>;
  for (const entry of [...envFile.flatMap((path) => fileEntries(fromHere(cwd, path))), ...env]) assign(result, entry, host);
  return Object.keys(result).length === 0 ? undefined : result;
};

/** `key=value`, or `key` for an empty value. */
export const labels = (entries: readonly string[] | undefined): Record<string, string> | undefined => {
  if (entries === undefined) return undefined;
  const pairs = entries.map((entry): [string, string] => {
    const at = entry.indexOf('=');
    return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
};
