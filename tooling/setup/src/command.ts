import { spawn } from 'node:child_process';
import { log } from './log.js';

export interface CommandOptions {
  cwd?: string;
  /** Added to this process's environment. */
  env?: NodeJS.ProcessEnv;
  /** What its stdin holds; nothing by default. */
  input?: string;
  /** For programs that take minutes: says under this name, now and then, what they last said. */
  progress?: string;
}

/** A program that could not be started or ended badly; the message carries the end of what it printed. */
class CommandError extends Error {}

const TAIL_CHARACTERS = 8000;
const PROGRESS_INTERVAL_MS = 15_000;

/** Runs a program and returns what it wrote to stdout. @throws {CommandError} when it does not exit with 0. */
export const run = (command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.on('error', () => undefined); // it may end without having read everything
    child.stdin.end(options.input);
    const stdout: Buffer[] = [];
    let tail = '';
    const keep = (chunk: Buffer): void => {
      tail = (tail + chunk.toString()).slice(-TAIL_CHARACTERS);
    };
    child.stdout.on('data', (chunk: Buffer) => {
      stdout.push(chunk);
      keep(chunk);
    });
    child.stderr.on('data', keep);
    const { progress } = options;
    const ticking =
      progress === undefined
        ? undefined
        : setInterval(() => log(`${progress}: ${tail.trimEnd().split('\n').at(-1)?.trim() ?? ''}`), PROGRESS_INTERVAL_MS);
    child.on('error', (cause: NodeJS.ErrnoException) => {
      const hint = cause.code === 'ENOENT' ? `${command} is not installed` : cause.message;
      reject(new CommandError(`cannot run ${command}: ${hint}`, { cause }));
    });
    child.on('close', (code, signal) => {
      clearInterval(ticking);
      if (code === 0) resolve(Buffer.concat(stdout).toString());
      else reject(new CommandError(`${command} ${args.join(' ')} ended with ${signal ?? String(code)}:\n${tail.trimEnd()}`));
    });
  });
