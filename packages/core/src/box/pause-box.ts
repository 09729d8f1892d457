import type { AgentSession } from '@boxlite/agent';
import type { BootParts } from './boot-box.js';

type PauseParts = Pick<BootParts, 'keeper' | 'machine' | 'main' | 'care'>;

const isPaused = ({ keeper }: PauseParts): boolean => keeper.state.status === 'paused';

/** Halts the guest of a Box that is running or paused; its memory stays. */
export const pauseBox = async (parts: PauseParts): Promise<void> => {
  if (isPaused(parts)) return;
  const { keeper, machine } = parts;
  const { vm, session } = await machine.session(machine.up());
  // A paused Box may be copied, and nothing in a copy may run before it is another machine.
  try {
    await session.freeze();
    await vm.pause();
  } catch (error) {
    await session.thaw().catch(() => undefined);
    throw error;
  }
  // Its guest may have stalled meanwhile.
  if (!isPaused(parts)) await keeper.step('pause', { error: null });
};

/**
 * Lets the guest of a paused Box go on, with the right time.
 * @throws BoxliteError `ResourceExhausted`, reason `ENOSPC`, when the host still has no room for what it writes; the Box stays paused.
 */
export const resumeBox = async ({ keeper, machine, main, care }: PauseParts): Promise<void> => {
  const held = machine.up();
  await held.vm.resume();
  await (await machine.session(held)).session.thaw();
  await keeper.step('resume', { error: null });
  const meet = async (): Promise<AgentSession> => (await machine.session(held)).session;
  await main.adopt(meet);
  care.adopt(meet);
};
