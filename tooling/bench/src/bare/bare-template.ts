import { join } from 'node:path';
import { BareProcess, type SavedBare } from './bare-process.js';
import type { BareMachine } from './bare-machine.js';
import { LineChannel } from './line-channel.js';
import { Qmp } from './qmp.js';

/** A bare VM that booted to its READY and was saved by the recipe of templates; its files are gone at the end of the block. */
export interface BareTemplate extends SavedBare, AsyncDisposable {
  machine: BareMachine;
}

/** Makes one: the memory is a file that the VM has shared, the rest is what QEMU writes of a machine's devices. */
export const makeBareTemplate = async (machine: BareMachine, signal?: AbortSignal): Promise<BareTemplate> => {
  const process = await BareProcess.start(machine);
  const devices = join(process.directory, 'devices');
  try {
    await process.whileAlive(async () => {
      await new LineChannel(await process.agent).line('READY');
      const qmp = await Qmp.over(await process.control);
      await qmp.execute('stop');
      await qmp.execute('xen-save-devices-state', { filename: devices });
      qmp.close();
    }, signal);
    await process.kill();
  } catch (error) {
    await process[Symbol.asyncDispose]();
    throw error;
  }
  return { machine, memory: join(process.directory, 'memory'), devices, [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() };
};
