import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { AbortError, BoxliteError, throwIfAborted } from '@boxlite/shared';
import { processStartTime } from '@boxlite/vmm';
import { removeCgroups } from '../cgroup/vm-cgroup.js';
import type { JailReport } from '../jail/jail-report.js';
import { WatchedVmProcess } from '../vm/watched-vm-process.js';
import type { VmProcess } from '../vm/vm-process.js';
import type { LaunchPlan } from './launch-plan.js';
import { readStatus } from './shim-status.js';

/** The engine's process, and what holds it. */
export interface SpawnedEngine {
  process: VmProcess;
  /** When it started, as `processStartTime` has it. */
  startTime: bigint;
  jail: JailReport;
}

/**
 * Runs `plan`: resolves when the engine is executed and its sockets listen.
 * When it does not, no process is left.
 * @throws BoxliteError UnsupportedEngine without a shim, ResourceExhausted or Engine naming the step that failed; AbortError.
 */
export const spawnShim = async (shim: string, plan: LaunchPlan, signal?: AbortSignal): Promise<SpawnedEngine> => {
  throwIfAborted(signal);
  const child = spawn(shim, [], { stdio: ['pipe', 'ignore', 'ignore', 'pipe'], env: {}, cwd: '/' });
  if (child.pid === undefined) throw await spawnError(child, shim);
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, killer) => {
      resolve(killer === null ? `exit code ${String(code)}` : `signal ${killer}`);
    });
  });
  // A signal that could not be sent; the exit tells whether the process ended all the same.
  child.on('error', () => undefined);
  // Until it says that all is well, the engine's process ends with the shim.
  const abort = (): void => {
    child.kill('SIGKILL');
  };
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const input = child.stdio[0] as Writable;
    // A shim that ends early breaks the pipe; its status says why.
    input.on('error', () => undefined);
    input.end(JSON.stringify(plan));
    const { pids, cgroups, outcome } = await readStatus(child.stdio[3] as Readable);
    const children = pids.map((pid) => open(pid, cgroups));
    const engine = children.pop();
    for (const attempt of children) attempt?.process.release();
    if (outcome.kind === 'running' && engine !== undefined && !signal?.aborted) {
      engine.process.ref();
      return { ...engine, jail: outcome.jail };
    }
    engine?.process.kill('SIGKILL');
    child.kill('SIGKILL');
    const [how] = await Promise.all([ended, engine?.process.exited]);
    await removeCgroups(cgroups);
    if (signal?.aborted) throw new AbortError(signal.reason);
    if (outcome.kind === 'failed') throw outcome.error;
    throw new BoxliteError('Engine', `boxlite-shim ended without a word (${how}); check that ${shim} is the one of this release`, {
      reason: 'shim-died',
    });
  } finally {
    signal?.removeEventListener('abort', abort);
  }
};

/** A child's id names it for as long as nobody has waited for it. */
const open = (pid: number, cgroups: readonly string[]): Omit<SpawnedEngine, 'jail'> | undefined => {
  const startTime = processStartTime(pid);
  const process = startTime === undefined ? undefined : WatchedVmProcess.open(pid, startTime, { child: true, cgroups });
  return startTime === undefined || process === undefined ? undefined : { process, startTime };
};

const spawnError = async (child: ChildProcess, shim: string): Promise<BoxliteError> => {
  const error = await new Promise<NodeJS.ErrnoException>((resolve) => child.once('error', resolve));
  if (error.code === 'ENOENT' || error.code === 'EACCES') {
    return new BoxliteError(
      'UnsupportedEngine',
      `boxlite-shim is missing or cannot be run (${shim}). In a checkout run ./dev setup; otherwise install BoxLite again.`,
      {
        reason: 'shim-missing',
        cause: error,
      },
    );
  }
  return new BoxliteError('ResourceExhausted', `boxlite-shim could not be started: ${error.message}`, { reason: error.code, cause: error });
};
