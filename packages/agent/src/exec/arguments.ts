/** Stage 1 of an exec: what the caller gave becomes the message that starts the command, or an InvalidArgument error. */
import { randomUUID } from 'node:crypto';

import { BoxliteError } from '@boxlite/shared';
import type { ExecStart } from '@boxlite/shared/protocol';

import type { ExecOptions } from './exec-options.js';
import { terminalSize } from './terminal-size.js';

/** What the guest may send unread on each of stdout and stderr, in bytes. */
export const OUTPUT_CREDIT = 1024 * 1024;

/** Between SIGTERM and SIGKILL of a command whose time is up, in milliseconds. */
export const TIMEOUT_GRACE_MS = 5000;

/** Linux takes no more for arguments and environment together, whatever the stack's limit is (execve(2)). */
const MAX_ARGUMENT_BYTES = 2 * 1024 * 1024;

const invalid = (message: string): BoxliteError => new BoxliteError('InvalidArgument', message);

/**
 * Makes the message that starts `command`.
 *
 * @throws BoxliteError `InvalidArgument` for what no command can be started with.
 */
export const execStart = (command: string, args: readonly string[], options: ExecOptions): ExecStart => {
  const env = environment(options.env ?? {});
  const argv = [program(command), ...args.map((argument, index) => text(argument, `args[${index}]`))];
  const size = [...argv, ...env].reduce((sum, bytes) => sum + bytes.length + 1, 0);
  if (size > MAX_ARGUMENT_BYTES) {
    throw invalid(`The arguments and environment of '${command}' have ${size} bytes; Linux takes 2 MiB. Pass the data through stdin.`);
  }
  const { stdin } = options;
  return {
    id: randomUUID(),
    argv,
    env,
    workingDir: workingDirectory(options.workingDir),
    user: options.user === undefined ? '' : text(options.user, 'user').toString(),
    stdin: stdin !== undefined && stdin !== 'closed',
    timeoutMs: timeout(options.timeoutMs),
    timeoutGraceMs: options.timeoutMs === undefined ? 0n : BigInt(TIMEOUT_GRACE_MS),
    outputCredit: OUTPUT_CREDIT,
    tty: terminalSize(options.tty),
    keep: false,
  };
};

const text = (value: unknown, what: string): Buffer => {
  if (typeof value !== 'string') throw invalid(`${what} is of type ${typeof value}; give a string.`);
  if (value.includes('\0')) throw invalid(`${what} contains a NUL character, which no process can be given.`);
  return Buffer.from(value);
};

const program = (command: unknown): Buffer => {
  if (command === '') throw invalid('The command is empty; give the name or the path of a program.');
  return text(command, 'The command');
};

/** `NAME=value` for each variable. */
const environment = (env: Readonly<Record<string, string>>): Buffer[] =>
  Object.entries(env).map(([name, value]) => {
    if (name === '' || name.includes('=')) throw invalid(`'${name}' cannot be the name of an environment variable.`);
    return text(`${name}=${text(value, `The environment variable ${name}`).toString()}`, `The environment variable ${name}`);
  });

const workingDirectory = (path: unknown): string => {
  if (path === undefined) return '';
  const bytes = text(path, 'workingDir');
  if (bytes[0] !== 0x2f) throw invalid(`workingDir is '${bytes.toString()}'; give an absolute path.`);
  return bytes.toString();
};

const timeout = (milliseconds: unknown): bigint => {
  if (milliseconds === undefined) return 0n;
  if (typeof milliseconds !== 'number' || !(milliseconds > 0) || milliseconds > Number.MAX_SAFE_INTEGER) {
    throw invalid(
      `timeoutMs is ${typeof milliseconds === 'number' ? milliseconds : `of type ${typeof milliseconds}`}; give a positive number of milliseconds, or leave it out for none.`,
    );
  }
  return BigInt(Math.ceil(milliseconds));
};
