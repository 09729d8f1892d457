import type { AgentSession } from '@boxlite/agent';
import { BoxliteError, type BoxLayout } from '@boxlite/shared';
import { type DiskChain, MAX_LAYERS } from '../disks/disk-chain.js';
import { captureMachine, type MachineCapture } from '../machine/capture-machine.js';
import type { BoxConfig } from '../options/box-config.js';
import type { BoxHost } from './box-host.js';
import type { HeldMachine } from './held-machine.js';
import { letGo } from './let-go.js';
import type { StateKeeper } from './state-keeper.js';

export interface FreezeRequest {
  config: BoxConfig;
  layout: BoxLayout;
  /** The Box's disk as it is. */
  disk: DiskChain;
  host: BoxHost;
  keeper: StateKeeper;
  /** None for a Box that does not run. Without a session it is paused, and its container frozen. */
  machine: HeldMachine | undefined;
  /** Whether the VM's memory is taken as well. */
  memory: boolean;
}

export interface FrozenBox {
  machine: MachineCapture | undefined;
  /** How long the Box's processes stood still, in milliseconds; 0 for those that did anyway. */
  pauseMs: number;
}

/**
 * Puts an empty layer on a Box's disk, so that the layers below stay as they are now; takes the VM's memory at the same moment.
 *
 * The layer is in the Box's state before the VM writes to it. As it is empty, the state is true whether it comes to that or not.
 * When something fails, the layer stays if the VM has it, and is gone otherwise.
 */
export const freezeBox = async ({ config, layout, disk, host, keeper, machine, memory }: FreezeRequest): Promise<FrozenBox> => {
  const top = disk.at(-1);
  if (top === undefined) throw new BoxliteError('Internal', `the disk of Box ${config.id} has no layers`);
  if (disk.length >= MAX_LAYERS) {
    const message = `the disk of Box ${config.id} has ${String(disk.length)} layers, one for each copy that was made since it was stopped last; start it and stop it, which makes them one`;
    throw new BoxliteError('ResourceExhausted', message, { reason: 'disk-layers' });
  }
  const layer = await host.disks.overlay(config.diskSizeMib);
  let isUsed = machine === undefined;
  const onTaken = (): void => {
    isUsed = true;
  };
  try {
    await keeper.change({ disk: [...disk, layer] });
    if (machine === undefined) return { machine: undefined, pauseMs: 0 };
    const { vm, session } = machine;
    const halt = { paused: session === undefined, overlay: { top: top.id, layer: host.disks.layer(layer), onTaken } };
    const capture = async (): Promise<MachineCapture | undefined> => {
      if (memory) return captureMachine({ vm, memory: layout.memory, directory: layout.root, halt });
      await vm.capture({ ...halt, devices: undefined });
      return undefined;
    };
    const { captured, pauseMs } = await whileFrozen(session, !memory, capture);
    host.log.info('captured a Box', { box: config.id, pauseMs, changedBytes: captured?.saved.changes.bytes ?? 0 });
    return { machine: captured, pauseMs };
  } catch (error) {
    // The VM still writes to the old layer.
    if (!isUsed) await keeper.regardless(keeper.change({ disk }));
    throw error;
  } finally {
    await letGo(host, [layer]);
  }
};

/**
 * Nothing of the user's runs in what is captured until it is another machine. Without the memory, what programs have written is on the disk
 * instead.
 */
const whileFrozen = async (
  session: AgentSession | undefined,
  sync: boolean,
  capture: () => Promise<MachineCapture | undefined>,
): Promise<{ captured: MachineCapture | undefined; pauseMs: number }> => {
  if (session === undefined) return { captured: await capture(), pauseMs: 0 };
  let captured: MachineCapture | undefined;
  // What can be written while the Box runs on.
  if (sync) await session.sync();
  let begin = performance.now();
  try {
    const { haltedMs } = await session.freeze();
    begin = performance.now() - haltedMs;
    if (sync) await session.sync();
    captured = await capture();
    await session.thaw();
  } catch (error) {
    await captured?.[Symbol.asyncDispose]();
    // Whatever has failed; a session that is lost ends the VM.
    await session.thaw().catch(() => undefined);
    throw error;
  }
  return { captured, pauseMs: performance.now() - begin };
};
