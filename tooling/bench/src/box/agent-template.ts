import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probeAgent } from '@boxlite/agent';
import { launchVm } from './launch-vm.js';

/** A saved VM whose agent waits for a host, as the template of a shape is. Its files are gone at the end of the block. */
export interface AgentTemplate extends AsyncDisposable {
  memoryMib: number;
  memory: string;
  devices: string;
}

/** Makes one as a runtime does. */
export const makeAgentTemplate = async (memoryMib: number, signal: AbortSignal): Promise<AgentTemplate> => {
  const directory = await mkdtemp(join(tmpdir(), 'boxlite-template-'));
  const remove = () => rm(directory, { recursive: true, force: true });
  const [memory, devices] = [join(directory, 'memory'), join(directory, 'devices')];
  try {
    await writeFile(memory, '');
    await truncate(memory, memoryMib * 2 ** 20);
    await using running = await launchVm(memoryMib, { memory: { kind: 'file', path: memory, shared: true } }, signal);
    const probe = await probeAgent(running.vm.portalSocket, { signal });
    await running.vm.pause();
    await running.vm.saveDevices(devices);
    probe.close();
    return { memoryMib, memory, devices, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
};
