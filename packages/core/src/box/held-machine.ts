import type { AgentSession } from '@boxlite/agent';
import { BoxliteError } from '@boxlite/shared';
import type { Vm } from '@boxlite/shim';
import type { Logger } from '../logging/logger.js';
import { meetAgent } from '../machine/meet-agent.js';

/** A Box's VM. One whose agent has not been spoken to yet has no session. */
export interface HeldMachine {
  vm: Vm;
  session: AgentSession | undefined;
  /** What the connection with its agent ended by while the Box was up: whatever ends the VM then, it had died. */
  lost?: BoxliteError | undefined;
  /** Why it has ended, when nobody had asked for that. */
  died?: BoxliteError;
}

const SHUTDOWN_MARGIN_MS = 2_000;
const CONNECT_TIMEOUT_MS = 10_000;
const WRITE_OUT_MS = 5_000;

/**
 * A new session with the agent of a VM that runs already.
 * @throws BoxliteError `Portal`, reason `agent-silent`, when it does not answer in time; `ResourceExhausted` when the guest stalls meanwhile.
 */
export const meetAgain = async (vm: Vm, late: AbortSignal = AbortSignal.timeout(CONNECT_TIMEOUT_MS)): Promise<AgentSession> => {
  const { stalled } = vm;
  try {
    return await meetAgent(vm, { signal: AbortSignal.any([late, stalled]), firstBoot: false });
  } catch (error) {
    if (stalled.aborted) throw stalled.reason;
    if (late.aborted) throw new BoxliteError('Portal', 'the guest does not answer; stop the Box', { reason: 'agent-silent', cause: error });
    throw error;
  }
};

/** Lets a guest go on, if its engine says yes in time. */
const wake = async (vm: Vm, signal: AbortSignal): Promise<void> => {
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(new BoxliteError('Engine', 'the engine does not answer', { reason: 'engine-silent' }));
    });
  });
  await Promise.race([vm.resume(), late]);
};

/** Shuts the guest down, for at most `timeoutMs`, and switches the VM off; one that is paused goes on for that. */
export const shutDown = async (
  held: HeldMachine,
  id: string,
  { timeoutMs, paused }: { timeoutMs: number; paused: boolean },
  log: Logger,
): Promise<void> => {
  try {
    if (timeoutMs > 0) {
      const signal = AbortSignal.timeout(timeoutMs + SHUTDOWN_MARGIN_MS);
      if (paused) await wake(held.vm, signal);
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
    await wake(held.vm, signal);
    held.session ??= await meetAgain(held.vm, signal);
    await held.session.shutdown(0, { signal });
  } catch (error) {
    log.warn('a guest did not write its volumes in time; what it had not written is lost', { box: id, error: String(error) });
  }
};
