import { AgentSession } from '@boxlite/agent';
import type { RestoreSteps } from '../restore-steps.js';
import { launchVm, type ShimVm } from './launch-vm.js';
import type { AgentTemplate } from './agent-template.js';

/** A VM whose agent is spoken to: a Box keeps its session to itself, and what this is for needs no container. */
export interface AgentVm extends ShimVm {
  session: AgentSession;
}

const enter = async (running: ShimVm, connect: () => Promise<AgentSession>): Promise<AgentVm> => {
  try {
    const session = await connect();
    return {
      ...running,
      session,
      async [Symbol.asyncDispose]() {
        session.close();
        await running[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await running[Symbol.asyncDispose]();
    throw error;
  }
};

/** Boots a VM until its agent answers. */
export const bootAgent = async (memoryMib: number, signal: AbortSignal): Promise<AgentVm> => {
  const running = await launchVm(memoryMib, { memory: { kind: 'anonymous' } }, signal);
  return await enter(running, () => AgentSession.connect(running.vm.portalSocket, { signal, firstBoot: true }));
};

/** Starts a VM from a template until its agent answers, as another machine than the one that was saved. */
export const restoreAgent = async (template: AgentTemplate, signal: AbortSignal): Promise<AgentVm & { steps: RestoreSteps }> => {
  const { memoryMib, memory, devices } = template;
  const running = await launchVm(memoryMib, { memory: { kind: 'file', path: memory, shared: false }, state: devices }, signal);
  const { vm, begin } = running;
  const steps = { upMs: performance.now() - begin, restoredMs: 0, readyMs: 0 };
  const restored = await enter(running, async () => {
    await vm.restore();
    steps.restoredMs = performance.now() - begin;
    const options = { signal, firstBoot: true, newIdentity: true };
    const [session] = await Promise.all([AgentSession.connect(vm.portalSocket, options), vm.resume()]);
    steps.readyMs = performance.now() - begin;
    return session;
  });
  return { ...restored, steps };
};
