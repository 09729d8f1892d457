import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** Where `@boxlite/core` is there for a program to import. */
export const programDirectory = join(__dirname, '../../..');
const cwd = programDirectory;

/** Of `node`, for a program as text, with arguments of its own. */
export const programArguments = (program: string, args: readonly string[]): string[] => [
  ...['--import', 'tsx', '--conditions', '@boxlite/source', '--input-type=module', '--eval', program, '--'],
  ...args,
];

/** Runs a program as a process of its own, to its end. Returns what it prints. `within` is a command that executes its arguments. */
export const inAnotherProcess = async (program: string, args: readonly string[], within: readonly string[] = []): Promise<string> => {
  const [command = '', ...line] = [...within, process.execPath, ...programArguments(program, args)];
  const { stdout } = await promisify(execFile)(command, line, { cwd });
  return stdout.trimEnd();
};

/** Runs a program as a process of its own, and kills it some time after it has printed something. Returns what that was. */
export const killedProcess = async (program: string, args: readonly string[], afterMs: number): Promise<{ printed: string }> => {
  const child = spawn(process.execPath, programArguments(program, args), { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const printed = await Promise.race([
    once(child.stdout, 'data').then(([data]) => String(data).trimEnd()),
    ended.then(() => {
      throw new Error('the program ended by itself');
    }),
  ]);
  await sleep(afterMs);
  child.kill('SIGKILL');
  await ended;
  return { printed };
};
