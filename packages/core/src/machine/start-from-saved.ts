import type { GuestImage } from '@boxlite/agent';
import { containerConfig } from './container-spec.js';
import { enterRestored, keepMemory } from './enter-machine.js';
import { limitDisks } from './limit-disks.js';
import { launchWaiting, loadState } from './restore-vm.js';
import type { SavedMachine } from './saved-machine.js';
import { type Machine, placeOf, shapeOf, type StartDisks, type StartRequest } from './start-request.js';
import { whileAlive } from './vm-died.js';

/** Restores a VM whose container is set up already; it gets the Box's own name and defaults. */
export const startFromSaved = async (
  request: StartRequest,
  guest: GuestImage,
  saved: SavedMachine,
  disks: StartDisks,
): Promise<Machine> => {
  const { config, layout, image, signal, onLaunched } = request;
  await keepMemory(saved.memory, layout);
  const own = { ...saved, memory: layout.memory };
  const vm = await launchWaiting(
    {
      saved: own,
      shape: shapeOf(request),
      guest,
      disks: await disks.get(),
      place: placeOf(request),
    },
    { signal, onSpawned: onLaunched },
  );
  try {
    await loadState(vm, own);
    await limitDisks(vm, request);
    const machine = await enterRestored(vm, `Box ${config.id}`, signal, { machineId: config.machineId });
    await whileAlive(vm, `Box ${config.id}`, signal, (alive) =>
      machine.session.configureContainer(containerConfig(config, image), { signal: alive }),
    );
    return machine;
  } catch (error) {
    await vm.kill();
    throw error;
  }
};
