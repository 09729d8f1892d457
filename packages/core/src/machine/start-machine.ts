import { guestImage, type GuestImage } from '@boxlite/agent';
import { BoxliteError, errorMessage } from '@boxlite/shared';
import type { DiskStore } from '../disks/disk-store.js';
import type { Logger } from '../logging/logger.js';
import type { Ahead } from '../pool/ahead.js';
import type { PooledVm } from '../pool/pooled-vm.js';
import type { ImageTemplates } from '../templates/image-templates.js';
import type { ShapeTemplates } from '../templates/shape-templates.js';
import type { Template } from '../templates/template.js';
import type { TemplateStore } from '../templates/template-store.js';
import { limitDisks } from './limit-disks.js';
import { containerConfig, containerSpec, fitsBlankContainer } from './container-spec.js';
import { abandon } from './enter-machine.js';
import { startCold } from './start-cold.js';
import { startFromPool } from './start-from-pool.js';
import { startFromSaved } from './start-from-saved.js';
import { startFromTemplate } from './start-from-template.js';
import { type Machine, shapeOf, StartDisks, type StartedMachine, type StartRequest } from './start-request.js';
import { mountVolumes } from '../volumes/start-volumes.js';
import { TemplateVms } from './template-vms.js';
import { whileAlive } from './vm-died.js';

export interface StarterParts {
  templates: TemplateStore;
  shapes: ShapeTemplates;
  images: ImageTemplates;
  disks: DiskStore;
  ahead: Ahead;
  log: Logger;
}

/**
 * Starts a Box's VM and its container, by the shortest way that there is:
 *
 * ```text
 * another Box or a snapshot that is asked for
 * pool                    a VM that runs already
 * template of the image   its container is there; for a Box that was never started
 * template of the shape   made when it is missing
 * boot                    where there can be no template
 * ```
 *
 * When it fails, nothing of the VM is left running.
 */
export class MachineStarter {
  readonly #vms: TemplateVms;

  constructor(private readonly parts: StarterParts) {
    this.#vms = new TemplateVms(parts.ahead.standby, parts.log);
  }

  /** @throws BoxliteError of the step that failed; `Engine` with the console's tail when the guest died. */
  async start(request: StartRequest): Promise<StartedMachine> {
    try {
      if (request.volumes?.share !== undefined) checkKernel(await guestImage());
      const machine = await this.#start(request);
      // What is restored with programs that run has them already.
      if (request.from === undefined) await withLimits(request, machine);
      await withVolumes(request, machine);
      return machine;
    } finally {
      this.parts.ahead.refillSoon();
    }
  }

  async #start(request: StartRequest): Promise<StartedMachine> {
    const { from } = request;
    const disks = new StartDisks(request, this.parts.disks);
    const pooled = from === undefined ? this.parts.ahead.pool?.claim(request) : undefined;
    if (pooled !== undefined) {
      const machine = await this.#fromPool(request, pooled, disks);
      if (machine !== undefined) return machine;
    }
    const guest = await guestImage();
    if (from !== undefined) return { ...(await startFromSaved(request, guest, from.saved, disks)), origin: from.origin };
    // A disk that was made for a VM of the pool is not that of an image's template.
    const fromImage = pooled === undefined ? await this.#fromImage(request, guest, disks) : undefined;
    return fromImage ?? (await this.#fromShape(request, guest, disks)) ?? (await this.#cold(request, guest, disks));
  }

  async #fromPool(request: StartRequest, pooled: PooledVm, disks: StartDisks): Promise<StartedMachine | undefined> {
    const { config, signal } = request;
    try {
      return { ...(await startFromPool(request, pooled, disks)), origin: 'pool' };
    } catch (error) {
      signal.throwIfAborted();
      this.parts.log.warn('a VM of the pool was of no use; the Box starts without it', { box: config.id, error: errorMessage(error) });
      return undefined;
    }
  }

  async #fromImage(request: StartRequest, guest: GuestImage, disks: StartDisks): Promise<StartedMachine | undefined> {
    const { config, image, disk } = request;
    if (disk !== null || !fitsBlankContainer(config)) return undefined;
    const template = await this.parts.images.find({ shape: shapeOf(request), guest, image, diskSizeMib: config.diskSizeMib });
    if (template === undefined || !(await this.#beginDisk(template, disks))) return undefined;
    const start = {
      template,
      vms: this.#vms,
      finish: ({ session }: Machine, alive: AbortSignal) => session.configureContainer(containerConfig(config, image), { signal: alive }),
    };
    const machine = await startFromTemplate(request, guest, start, this.parts.templates, disks);
    return machine === undefined ? undefined : { ...machine, origin: 'image-template' };
  }

  /** Makes the Box's disk a copy of the template's. False when that is damaged: the template is thrown away then. */
  async #beginDisk(template: Template, disks: StartDisks): Promise<boolean> {
    const { templates } = this.parts;
    try {
      await templates.verify(template);
    } catch (error) {
      await templates.discard(template, errorMessage(error), 'damaged');
      return false;
    }
    await disks.get(template.disk);
    return true;
  }

  async #fromShape(request: StartRequest, guest: GuestImage, disks: StartDisks): Promise<StartedMachine | undefined> {
    const { config, image } = request;
    const template = await this.#shapeTemplate(request, guest);
    if (template === undefined) return undefined;
    const start = { template, vms: this.#vms, finish: () => Promise.resolve() };
    const machine = await startFromTemplate(request, guest, start, this.parts.templates, disks);
    if (machine === undefined) return undefined;
    await withContainer(request, machine);
    if (request.disk === null && fitsBlankContainer(config))
      this.parts.images.makeSoon({ shape: shapeOf(request), guest, image, diskSizeMib: config.diskSizeMib, base: template });
    return { ...machine, origin: 'template' };
  }

  async #cold(request: StartRequest, guest: GuestImage, disks: StartDisks): Promise<StartedMachine> {
    const machine = await startCold(request, guest, disks);
    await withContainer(request, machine);
    return { ...machine, origin: 'cold' };
  }

  async #shapeTemplate(request: StartRequest, guest: GuestImage): Promise<Template | undefined> {
    const { signal } = request;
    try {
      return await this.parts.shapes.get(shapeOf(request), guest, signal);
    } catch (error) {
      signal.throwIfAborted();
      this.parts.log.warn('a Box starts without a template', { error: errorMessage(error) });
      return undefined;
    }
  }
}

/** That the guest lacks what directories of the host need, it would only find out when it has booted. */
const checkKernel = ({ kernelKind }: GuestImage): void => {
  if (kernelKind !== 'debian') return;
  const message =
    "directories of the host as volumes need BoxLite's own kernel, as Debian's has no 9p; build it by './dev kernel', or use named volumes";
  throw new BoxliteError('Unsupported', message, { reason: 'kernel-without-9p' });
};

/** A step of a start, which ends with the VM and takes the VM with it when it fails. */
const step = async ({ config, signal }: StartRequest, machine: Machine, work: (alive: AbortSignal) => Promise<unknown>): Promise<void> => {
  try {
    await whileAlive(machine.vm, `Box ${config.id}`, signal, work);
  } catch (error) {
    await abandon(machine);
    throw error;
  }
};

const withLimits = (request: StartRequest, machine: Machine): Promise<void> =>
  step(request, machine, () => limitDisks(machine.vm, request));

const withVolumes = async (request: StartRequest, machine: Machine): Promise<void> => {
  const { volumes } = request;
  if (volumes !== undefined) await step(request, machine, (signal) => mountVolumes(volumes, machine.session, signal));
};

const withContainer = (request: StartRequest, machine: Machine): Promise<void> =>
  step(request, machine, (signal) => machine.session.createContainer(containerSpec(request.config, request.image), { signal }));
