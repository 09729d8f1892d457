import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Outcome } from '../command.js';

/** Where the host has cgroups of version 2; some have them beside version 1. */
const unifiedCgroups = async (): Promise<string> => {
  const found = (await readFile('/proc/self/mounts', 'utf8'))
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, , type]) => type === 'cgroup2');
  if (found?.[1] === undefined) throw new Error('the host has no cgroups of version 2 mounted');
  return found[1];
};

/**
 * A mount namespace that lives as long as this object: the mounts that runc's containers stand on vanish with it, whatever happens.
 * In it cgroups of version 2 are where runc looks for them, and nothing hints at version 1.
 */
export class MountNamespace implements AsyncDisposable {
  private constructor(private readonly holder: ChildProcess) {}

  /** @param script Mounts what is needed; `$1` and on are `args`. */
  static async open(script: string, args: readonly string[]): Promise<MountNamespace> {
    const unified = await unifiedCgroups();
    const prologue = unified === '/sys/fs/cgroup' ? '' : `mount --bind ${unified} /sys/fs/cgroup\n`;
    const holder = spawn(
      'unshare',
      ['--mount', '--propagation', 'private', 'sh', '-euc', `${prologue}${script}\necho ready\nexec cat`, 'sh', ...args],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    let errors = '';
    holder.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const ready = await Promise.race([once(holder.stdout, 'data').then(() => true), once(holder, 'exit').then(() => false)]);
    if (!ready) throw new Error(`could not make the mounts for runc: ${errors.trim()}`);
    return new MountNamespace(holder);
  }

  /** Runs a program in it. */
  run(program: string, args: readonly string[], stdin?: string): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const enter = [`--mount=/proc/${String(this.holder.pid)}/ns/mnt`, '--', program, ...args];
      const child = spawn('nsenter', enter, { stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] });
      const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
      child.stdout?.on('data', (chunk: Buffer) => output.stdout.push(chunk));
      child.stderr?.on('data', (chunk: Buffer) => output.stderr.push(chunk));
      // A command that does not read its input is no failure.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(stdin);
      child.on('error', reject);
      child.on('close', (code, signal) => {
        if (code === null) reject(new Error(`${program} was killed by ${String(signal)}`));
        else resolve({ status: code, stdout: Buffer.concat(output.stdout).toString(), stderr: Buffer.concat(output.stderr).toString() });
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.holder, 'exit');
    this.holder.stdin?.end();
    await gone;
  }
}
