import { link, rm } from 'node:fs/promises';
import type { AgentSession } from '@boxlite/agent';
import { BoxliteError, type BoxLayout } from '@boxlite/shared';
import type { Vm } from '@boxlite/shim';
import { meetAgent } from './meet-agent.js';
import type { Machine } from './start-request.js';
import { whileAlive } from './vm-died.js';

/** A restored guest answers at once, on a busy host within seconds. One that has not by then is of no use; there are other ways to start. */
const PATIENCE_MS = 30_000;

export interface EnterOptions {
  /** The machine-id that it is to have. @defaultValue one that nobody has seen */
  machineId?: string;
  /** @defaultValue 30000 */
  patienceMs?: number;
}

/**
 * Lets a restored VM run, and begins a session with its agent, as another machine than the one that was saved.
 * @throws BoxliteError `Engine`, reason `vm-died`; `Portal`, reason `restored-silent`.
 */
export const enterRestored = async (
  vm: Vm,
  whose: string,
  signal: AbortSignal,
  { machineId, patienceMs = PATIENCE_MS }: EnterOptions = {},
): Promise<Machine> => {
  const patience = AbortSignal.timeout(patienceMs);
  const connect = (alive: AbortSignal): Promise<AgentSession> =>
    meetAgent(vm, { signal: AbortSignal.any([alive, patience]), firstBoot: true, newIdentity: true, machineId });
  try {
    const [session] = await Promise.all([whileAlive(vm, whose, signal, connect), vm.resume()]);
    return { vm, session };
  } catch (error) {
    if (!patience.aborted || signal.aborted) throw error;
    const message = `the agent of ${whose} did not answer within ${String(patienceMs / 1_000)} s after its VM was restored; start it again`;
    throw new BoxliteError('Portal', message, { reason: 'restored-silent', cause: error });
  }
};

/** Gives the memory's file another name in the Box's directory: it is what the Box's own changes are told from. */
export const keepMemory = async (memory: string, layout: BoxLayout): Promise<void> => {
  await rm(layout.memory, { force: true });
  await link(memory, layout.memory);
};

/** Ends a machine whose start has failed. */
export const abandon = async ({ vm, session }: Machine): Promise<void> => {
  session.close();
  await vm.kill();
};
