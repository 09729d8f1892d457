import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { AbortError, BoxliteError, throwIfAborted } from '@boxlite/shared';
import { ChildVmProcess } from '../vm/child-vm-process.js';
import type { LaunchPlan } from './launch-plan.js';
import { readStatus } from './shim-status.js';

/**
 * Runs `plan`: resolves when the engine is executed and its sockets listen.
 * When it does not, no process is left.
 * @throws BoxliteError UnsupportedEngine without a shim, ResourceExhausted or Engine naming the step that failed; AbortError.
 */
export const spawnShim = async (shim: string, plan: LaunchPlan, signal?: AbortSignal): Promise<ChildVmProcess> => {
  throwIfAborted(signal);
  const child = spawn(shim, [], { stdio: ['pipe', 'ignore', 'ignore', 'pipe'], env: {}, cwd: '/' });
  if (child.pid === undefined) throw await spawnError(child, shim);
  const process = new ChildVmProcess(child, child.pid);
  const abort = (): void => {
    process.kill('SIGKILL');
  };
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const input = child.stdio[0] as Writable;
    // A shim that ends early breaks the pipe; its status says why.
    input.on('error', () => undefined);
    input.end(JSON.stringify(plan));
    const status = await readStatus(child.stdio[3] as Readable);
    if (status.kind === 'running' && !signal?.aborted) return process;
    process.kill('SIGKILL');
    const { code, signal: killer } = await process.exited;
    if (signal?.aborted) throw new AbortError(signal.reason);
    if (status.kind === 'failed') throw status.error;
    const how = killer === null ? `exit code ${String(code)}` : `signal ${killer}`;
    throw new BoxliteError('Engine', `boxlite-shim ended without a word (${how}); check that ${shim} is the one of this release`, {
      reason: 'shim-died',
    });
  } finally {
    signal?.removeEventListener('abort', abort);
  }
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
