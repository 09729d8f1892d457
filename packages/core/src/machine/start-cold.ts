import { rm } from 'node:fs/promises';
import type { GuestImage } from '@boxlite/agent';
import { launchMachine } from './launch-machine.js';
import { machineSpec } from './machine-shape.js';
import { meetAgent } from './meet-agent.js';
import { type Machine, placeOf, shapeOf, type StartDisks, type StartRequest } from './start-request.js';
import { whileAlive } from './vm-died.js';

/** Boots a VM. Its memory is based on nothing that others have, so it cannot be cloned while it runs. */
export const startCold = async (request: StartRequest, guest: GuestImage, disks: StartDisks): Promise<Machine> => {
  const { config, layout, signal, onLaunched } = request;
  await rm(layout.memory, { force: true });
  const vm = await launchMachine(
    { ...machineSpec(shapeOf(request), guest, await disks.get()), ...placeOf(request) },
    { signal, onSpawned: onLaunched },
  );
  try {
    const session = await whileAlive(vm, `Box ${config.id}`, signal, (alive) => meetAgent(vm, { signal: alive, firstBoot: true }));
    return { vm, session };
  } catch (error) {
    await vm.kill();
    throw error;
  }
};
