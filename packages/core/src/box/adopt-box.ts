import type { AgentSession } from '@boxlite/agent';
import { errorMessage } from '@boxlite/shared';
import { ShimController } from '@boxlite/shim';
import type { BootParts } from './boot-box.js';
import type { BoxState } from './box-state.js';
import { vmLost } from '../machine/vm-died.js';
import { isUp } from '../state/box-lifecycle.js';
import { endedByItself, readConsoleTail } from './ended-by-itself.js';
import type { Restarter } from './restarter.js';

/**
 * Takes over a detached VM from an earlier runtime, or ends what that one left behind, and has a detached Box started again that has died
 * meanwhile, if its policy says so. The agent is asked only when it is needed.
 */
export const adoptBox = async (parts: BootParts, restarter: Restarter): Promise<void> => {
  const { config, host, layout, keeper, machine, main, care } = parts;
  const { vm: record, status, stopReason } = keeper.state;
  const vm = record === null ? undefined : await ShimController.adopt(record);
  if (vm !== undefined && isUp(status) && config.detach) {
    const held = { vm, session: undefined };
    machine.hold(held);
    if (status !== 'running') return;
    const meet = async (): Promise<AgentSession> => (await machine.session(held)).session;
    await main.adopt(meet);
    care.adopt(meet);
    return;
  }
  await vm?.kill();
  // Whose runtime was killed before it could record it.
  if (config.detach) await ShimController.endLeft(layout.root);
  await ShimController.clearRemains(layout.root).catch((error: unknown) => {
    host.log.warn('what the VM of a Box left behind could not be removed', { box: config.id, error: errorMessage(error) });
  });
  if (status === 'starting') {
    const message = 'the runtime that started it ended meanwhile';
    await settle(parts, { error: { code: 'Engine', message } });
    return;
  }
  const itself = isUp(status) ? endedByItself(await readConsoleTail(layout.console)) : undefined;
  const reason = itself ?? stopReason ?? 'lost';
  // An attached one has ended with its runtime, which says enough.
  const error = reason === 'lost' && config.detach ? vmLost(`Box ${config.id}`, await ShimController.lastWords(layout.root)) : null;
  await settle(parts, { stopReason: reason, error: error && { code: error.code, message: error.message } });
  // An attached one has ended with its runtime.
  if (isUp(status) && config.detach && !config.autoRemove) restarter.ended(itself ?? 'lost');
};

/** After a crash of the runtime: what the world shows. */
const settle = async ({ keeper }: BootParts, changes: Partial<BoxState>): Promise<void> => {
  await keeper.regardless(keeper.step('lost', { ...changes, vm: null, stoppedAt: new Date().toISOString() }));
};
