import { readFile } from 'node:fs/promises';
import { guestImage } from '@boxlite/agent';
import { launchVm } from './launch-vm.js';

/** What a running VMM was told, as far as a counterpart has to be told the same. */
export interface EngineArguments {
  accelerator: string;
  cpu: string;
  kernel: string;
  kernelArguments: string;
}

/** Reads them from the VMM's command line. @throws Error when one is not there. */
export const engineArguments = (words: readonly string[]): Omit<EngineArguments, 'kernel'> => {
  const after = (option: string): string => {
    const at = words.indexOf(option);
    const value = at < 0 ? undefined : words[at + 1];
    if (value === undefined) throw new Error(`the Box's VMM was started without ${option}`);
    return value;
  };
  return { accelerator: after('-accel'), cpu: after('-cpu'), kernelArguments: after('-append') };
};

/** What the VMMs of Boxes are told that boot a kernel. */
export const askEngineArguments = async (memoryMib: number, signal: AbortSignal): Promise<EngineArguments> => {
  await using running = await launchVm(memoryMib, { memory: { kind: 'anonymous' } }, signal);
  const words = (await readFile(`/proc/${String(running.vm.record.pid)}/cmdline`, 'utf8')).split('\0');
  // In its jail the VMM knows the kernel by another name.
  return { ...engineArguments(words), kernel: (await guestImage()).kernel };
};
