import { open } from 'node:fs/promises';
import type { GuestImage } from '@boxlite/agent';
import { launchMachine } from '../machine/launch-machine.js';
import { type MachineShape, machineSpec, placeholderDisks } from '../machine/machine-shape.js';
import { awaitAgent } from '../machine/meet-agent.js';
import { whileAlive } from '../machine/vm-died.js';
import type { Template } from './template.js';

/**
 * Boots a VM until its agent waits for a host, and leaves its memory and the state of its devices in the template's directory, which exists.
 * No process is left, whatever happens.
 */
export const makeTemplate = async (template: Template, shape: MachineShape, guest: GuestImage, signal: AbortSignal): Promise<void> => {
  // Made here, as large as it gets: the engine may not write a file that large.
  await using memory = await open(template.memory, 'wx', 0o600);
  await memory.truncate(shape.memoryMib * 2 ** 20);
  const vm = await launchMachine(
    {
      ...machineSpec(shape, guest, placeholderDisks(shape)),
      memory: { kind: 'file', path: template.memory, shared: true },
      directory: template.directory,
      detach: false,
    },
    { signal },
  );
  try {
    const probe = await whileAlive(vm, `the template ${template.id}`, signal, (alive) => awaitAgent(vm, { signal: alive }));
    try {
      await vm.pause();
      await vm.saveDevices(template.devices);
    } finally {
      probe.close();
    }
  } finally {
    // Its memory is the file's, so nothing of it is lost.
    await vm.kill();
  }
};
