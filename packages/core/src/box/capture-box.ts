import type { BoxLayout } from '@boxlite/shared';
import type { DiskChain } from '../disks/disk-chain.js';
import type { BoxCounters } from '../metrics/box-counters.js';
import type { BoxConfig } from '../options/box-config.js';
import { type BoxCapture, hasVolumes, startedCold } from './box-capture.js';
import type { BoxHost } from './box-host.js';
import { hasMachine } from '../state/box-lifecycle.js';
import { freezeBox } from './freeze-box.js';
import type { HeldMachine } from './held-machine.js';
import { letGo } from './let-go.js';
import type { MachineHolder } from './machine-holder.js';
import type { StateKeeper } from './state-keeper.js';

export interface CaptureParts {
  config: BoxConfig;
  layout: BoxLayout;
  host: BoxHost;
  keeper: StateKeeper;
  machine: MachineHolder;
  counters: BoxCounters;
}

/**
 * Takes what a Box is at this moment; nothing else may start, stop or take it meanwhile.
 * @param memory False: the disk only.
 * @throws BoxliteError as `BoxController.capture`.
 */
export const captureBox = async (parts: CaptureParts, memory: boolean): Promise<BoxCapture> => {
  const { config, host, keeper, machine: holder } = parts;
  const { disk, imageDigest, status, startedFrom } = keeper.state;
  if (disk === null) return { disk, imageDigest, machine: undefined, [Symbol.asyncDispose]: () => Promise.resolve() };
  const held = hasMachine(status) ? holder.up() : undefined;
  if (held !== undefined && memory && config.volumes.length > 0) throw hasVolumes(config.id);
  if (held !== undefined && memory && startedFrom === 'cold') throw startedCold(config.id);
  host.disks.hold(disk);
  try {
    const machine = await freeze(parts, disk, held, memory);
    const dispose = async (): Promise<void> => {
      await machine?.[Symbol.asyncDispose]();
      await letGo(host, disk);
    };
    return { disk, imageDigest, machine, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await letGo(host, disk);
    throw error;
  }
};

const freeze = async (
  { config, layout, host, keeper, machine: holder, counters }: CaptureParts,
  disk: DiskChain,
  held: HeldMachine | undefined,
  memory: boolean,
): Promise<BoxCapture['machine']> => {
  const isPaused = keeper.state.status === 'paused';
  const machine = held === undefined ? undefined : isPaused ? { vm: held.vm, session: undefined } : await holder.session(held);
  const frozen = await freezeBox({ config, layout, disk, host, keeper, machine, memory });
  if (machine !== undefined && !isPaused) counters.lastPauseSeconds = frozen.pauseMs / 1_000;
  return frozen.machine;
};
