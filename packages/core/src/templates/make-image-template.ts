import { setTimeout as delay } from 'node:timers/promises';
import type { AgentSession, GuestImage } from '@boxlite/agent';
import { formatDisk, materialiseRam } from '@boxlite/vmm';
import type { PreparedImage } from '../images/prepare/prepared-image.js';
import { readState } from '../machine/capture-machine.js';
import { blankContainerSpec } from '../machine/container-spec.js';
import { enterRestored } from '../machine/enter-machine.js';
import { DISK_SLOT, imageDisk, type MachineShape, placeholderDisks } from '../machine/machine-shape.js';
import { awaitAgent } from '../machine/meet-agent.js';
import { rehearse } from '../machine/rehearse.js';
import { launchWaiting, loadState } from '../machine/restore-vm.js';
import { whileAlive } from '../machine/vm-died.js';
import type { Template } from './template.js';

/**
 * One second after its start a kernel under emulation measures its clock anew, and changes to it while all else stands still. That is better
 * done once here than in each Box.
 */
const SETTLED_AFTER_MS = 2_500;

const settle = async (session: AgentSession, signal: AbortSignal): Promise<void> => {
  const { uptimeMicros } = await session.metrics({ signal });
  await delay(Math.max(0, SETTLED_AFTER_MS - uptimeMicros / 1_000), undefined, { signal });
};

export interface ImageTemplateRequest {
  shape: MachineShape;
  guest: GuestImage;
  image: PreparedImage;
  diskSizeMib: number;
  /** The template of the shape. */
  base: Template;
}

/**
 * Starts a VM from the template of its shape, sets up the image's container in it, and saves what it is then. Nothing of a Box is in it:
 * neither its environment nor its name. No process is left, whatever happens.
 */
export const makeImageTemplate = async (
  template: Template,
  { shape, guest, image, diskSizeMib, base }: ImageTemplateRequest,
  signal: AbortSignal,
): Promise<void> => {
  await formatDisk(template.disk, { sizeMib: diskSizeMib });
  const disk = { layers: [{ id: 'disk', path: template.disk, format: 'raw' as const }], readOnly: false, sizeBytes: diskSizeMib * 2 ** 20 };
  const place = { directory: template.directory, detach: false, background: true };
  const disks = [imageDisk(image.rootfs), disk, ...placeholderDisks(shape).slice(DISK_SLOT + 1)];
  const vm = await launchWaiting({ saved: base, shape, guest, disks, place }, { signal });
  // Whatever it is at then: without its VM, each step ends.
  const giveUp = (): void => {
    vm.kill().catch(() => undefined);
  };
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    signal.throwIfAborted();
    await loadState(vm, base);
    const whose = `the template ${template.id}`;
    const { session } = await enterRestored(vm, whose, signal);
    const container = blankContainerSpec();
    await whileAlive(vm, whose, signal, async (alive) => {
      await session.createContainer(container, { signal: alive });
      await rehearse(session, container, alive);
      await settle(session, alive);
    });
    session.close();
    // In no session: whoever is restored from this meets an agent that waits.
    const probe = await whileAlive(vm, whose, signal, (alive) => awaitAgent(vm, { signal: alive }));
    await vm.pause();
    using changes = await readState({ vm, memory: base.memory, devices: template.devices }, (path) => vm.saveDevices(path));
    probe.close();
    await materialiseRam({ base: base.memory, changes, output: template.memory, signal });
  } finally {
    signal.removeEventListener('abort', giveUp);
    await vm.kill();
  }
};
