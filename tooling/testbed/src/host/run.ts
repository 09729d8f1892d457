import { spawn } from 'node:child_process';

/** Runs a program to its end and returns its output. Rejects with the tail of its error output when it fails. */
export const run = (
  command: string,
  args: readonly string[],
  options: { env?: Record<string, string>; input?: Buffer } = {},
): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...options.env }, stdio: ['pipe', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString('utf8')).slice(-4000);
    });
    // A program that does not read its input to the end is no failure by itself.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(Buffer.concat(output));
      else reject(new Error(`${command} ${args.join(' ')} failed (${signal ?? `exit status ${String(code)}`}): ${errors.trim()}`));
    });
  });
