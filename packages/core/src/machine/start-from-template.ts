import type { GuestImage } from '@boxlite/agent';
import { BoxliteError, errorMessage } from '@boxlite/shared';
import type { Vm } from '@boxlite/shim';
import type { Template } from '../templates/template.js';
import type { TemplateStore } from '../templates/template-store.js';
import { enterRestored } from './enter-machine.js';
import { loadState } from './restore-vm.js';
import type { Machine, StartDisks, StartRequest } from './start-request.js';
import type { TemplateVms } from './template-vms.js';
import { whileAlive } from './vm-died.js';

export interface TemplateStart {
  template: Template;
  vms: TemplateVms;
  /** What makes the container the Box's, once its agent is spoken to. */
  finish: (machine: Machine, signal: AbortSignal) => Promise<unknown>;
}

/** Restores a VM from a template. Undefined when the template does not work: it is thrown away then. */
export const startFromTemplate = async (
  request: StartRequest,
  guest: GuestImage,
  { template, vms, finish }: TemplateStart,
  templates: TemplateStore,
  startDisks: StartDisks,
): Promise<Machine | undefined> => {
  const { config, signal } = request;
  const disks = await startDisks.get();
  let vm: Vm | undefined;
  try {
    const verified = templates.verify(template);
    verified.catch(() => undefined);
    vm = await vms.get(request, guest, template, disks);
    await verified;
    await loadState(vm, template);
    const machine = await enterRestored(vm, `Box ${config.id}`, signal);
    await whileAlive(vm, `Box ${config.id}`, signal, (alive) => finish(machine, alive));
    return machine;
  } catch (error) {
    await vm?.kill();
    signal.throwIfAborted();
    // What the host lacks, it lacks for a boot as well.
    if (error instanceof BoxliteError && (error.code === 'ResourceExhausted' || error.reason === 'jail-incomplete')) throw error;
    const damaged = error instanceof BoxliteError && error.reason === 'template-damaged';
    await templates.discard(template, errorMessage(error), damaged ? 'damaged' : 'failed');
    return undefined;
  }
};
