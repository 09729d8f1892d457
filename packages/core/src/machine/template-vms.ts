import type { GuestImage } from '@boxlite/agent';
import { errorMessage } from '@boxlite/shared';
import type { Disk, Vm } from '@boxlite/shim';
import type { Logger } from '../logging/logger.js';
import type { Standby } from '../pool/standby.js';
import type { Template } from '../templates/template.js';
import { keepMemory } from './enter-machine.js';
import { launchWaiting } from './restore-vm.js';
import { placeOf, shapeOf, type StartRequest } from './start-request.js';

/** VMs for starts from templates: one that waits already where there is one, a new one otherwise. */
export class TemplateVms {
  constructor(
    private readonly standby: Standby | undefined,
    private readonly log: Logger,
  ) {}

  /** A VM of the Box's, in its directory and with its disks, that waits for the template's state. @throws BoxliteError as `launchWaiting`. */
  async get(request: StartRequest, guest: GuestImage, template: Template, disks: readonly Disk[]): Promise<Vm> {
    const { layout, signal, onLaunched } = request;
    const waiting = await this.#waiting(request, guest, template, disks);
    if (waiting !== undefined) return waiting;
    await keepMemory(template.memory, layout);
    return launchWaiting(
      { saved: template, shape: shapeOf(request), guest, disks, place: placeOf(request) },
      { signal, onSpawned: onLaunched },
    );
  }

  async #waiting(request: StartRequest, guest: GuestImage, template: Template, disks: readonly Disk[]): Promise<Vm | undefined> {
    const { config, layout, signal, onLaunched } = request;
    // One that waits ends with this process, and what it shares cannot be changed any more.
    if (config.detach || request.volumes !== undefined) return undefined;
    const waiting = this.standby?.take({ template, shape: shapeOf(request), guest, diskSizeMib: config.diskSizeMib });
    if (waiting === undefined) return undefined;
    try {
      const vm = await waiting.become(layout, disks);
      await onLaunched(vm.record);
      return vm;
    } catch (error) {
      await waiting.end();
      signal.throwIfAborted();
      this.log.warn('a waiting VM was of no use', { box: config.id, error: errorMessage(error) });
      return undefined;
    }
  }
}
