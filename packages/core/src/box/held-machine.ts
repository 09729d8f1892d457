import type { AgentSession } from '@boxlite/agent';
import { BoxliteError } from '@boxlite/shared';
import type { Vm } from '@boxlite/shim';
import type { Logger } from '../logging/logger.js';
import { meetAgent } from '../machine/meet-agent.js';

/** A Box's VM. One whose agent has not been spoken to yet has no session. */
export interface HeldMachine {
  vm: Vm;
  session: AgentSession | undefined;
}

const SHUTDOWN_MARGIN_MS = 2_000;
const CONNECT_TIMEOUT_MS = 10_000;
const WRITE_OUT_MS = 5_000;

/** A new session with the agent of a VM that runs already. */
export const meetAgain = (vm: Vm, signal: AbortSignal = AbortSignal.timeout(CONNECT_TIMEOUT_MS)): Promise<AgentSession> =>
  meetAgent(vm, { signal, firstBoot: false });

/** Shuts the guest down, for at most `timeoutMs`, and switches the VM off. */
export const shutDown = async (held: HeldMachine, id: string, timeoutMs: number, log: Logger): Promise<void> => {
  try {
    if (timeoutMs > 0) {
      const signal = AbortSignal.timeout(timeoutMs + SHUTDOWN_MARGIN_MS);
      held.session ??= await meetAgain(held.vm, signal);
      await held.session.shutdown(timeoutMs, { signal });
    }
  } catch (error) {
    log.warn('the guest did not shut down in time; its VM is switched off', { box: id, error: String(error) });
  }
  held.session?.close(new BoxliteError('Stopped', `Box ${id} was stopped`));
  await held.vm.powerOff();
};

/** Ends all processes of the guest, paused or not, and has it write what it holds, for a moment at most. */
export const writeOut = async (held: HeldMachine, id: string, log: Logger): Promise<void> => {
  const signal = AbortSignal.timeout(WRITE_OUT_MS);
  try {
    await held.vm.resume();
    held.session ??= await meetAgain(held.vm, signal);
    await held.session.shutdown(0, { signal });
  } catch (error) {
    log.warn('a guest did not write its volumes in time; what it had not written is lost', { box: id, error: String(error) });
  }
};
