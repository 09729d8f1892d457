import type { BareTemplate } from '../bare/bare-template.js';
import { BareVm } from '../bare/bare-vm.js';
import { threadsMs } from '../box/processor-time.js';

/** A bare VM from its template to the exit status of its first command. */
export interface BareFirstExec {
  totalMs: number;
  /** Processor time of QEMU for it. */
  vmmMs: number;
}

export const bareFirstExec = async (template: BareTemplate, signal: AbortSignal): Promise<BareFirstExec> => {
  await using vm = await BareVm.restore(template, signal);
  const begin = performance.now();
  await vm.exec('true');
  return { totalMs: vm.readyMs + performance.now() - begin, vmmMs: await threadsMs(vm.pid) };
};
