import { type AgentSession, guestImage, type GuestImage } from '@boxlite/agent';
import type { Accelerator, Disk } from '@boxlite/shim';
import { formatDisk } from '@boxlite/vmm';
import type { DiskChain } from '../disks/disk-chain.js';
import type { DiskStore } from '../disks/disk-store.js';
import type { PreparedImage } from '../images/prepare/prepared-image.js';
import { containerConfig, containerSpec } from '../machine/container-spec.js';
import { enterRestored } from '../machine/enter-machine.js';
import { DISK_SLOT, imageDisk, type MachineShape } from '../machine/machine-shape.js';
import { rehearse } from '../machine/rehearse.js';
import { loadState } from '../machine/restore-vm.js';
import { type BoxConfig, boxConfig } from '../options/box-config.js';
import type { Template } from '../templates/template.js';
import type { TemplateStore } from '../templates/template-store.js';
import type { PoolPlan } from './pool-plan.js';
import { discardDisk, PooledVm } from './pooled-vm.js';
import type { StandbyPlace } from './standby-place.js';
import { giveDisks, WaitingVm } from './waiting-vm.js';

export interface WarmUpParts {
  /** The home's directory for VMs without a Box. */
  directory: string;
  disks: DiskStore;
  templates: Pick<TemplateStore, 'verify'>;
  templateOf: (shape: MachineShape, guest: GuestImage, signal: AbortSignal) => Promise<Template>;
  /** The image that a Box with this configuration has, pulled and prepared when it is not here. */
  imageOf: (config: BoxConfig, signal: AbortSignal) => Promise<PreparedImage>;
  chooseAccelerator: () => Promise<Accelerator>;
}

const MIB = 2 ** 20;
/** Room for the few directories of a container that is set up and removed. */
const REHEARSAL_DISK_MIB = 64;

/**
 * Makes a VM for the pool: restored from the template of its shape, as a machine of its own, and used once, so that what a Box needs of
 * kernel, agent and emulator is there. With an image, its container stays; otherwise it is removed, and any image's can take its place.
 * When it fails, nothing is left.
 */
export const makePooled = async (parts: WarmUpParts, plan: PoolPlan, signal: AbortSignal): Promise<PooledVm> => {
  const { config, hasImage } = plan;
  const { directory, disks } = parts;
  const shape = { cpus: config.cpus, memoryMib: config.memoryMib, accelerator: await parts.chooseAccelerator() };
  const guest = await guestImage();
  // The embedded image is enough to rehearse with.
  const image = await parts.imageOf(hasImage ? config : boxConfig({}), signal);
  const template = await parts.templateOf(shape, guest, signal);
  await parts.templates.verify(template);
  const need = { saved: template, shape, guest, diskSizeMib: config.diskSizeMib, standby: directory };
  const { vm, place } = await WaitingVm.launch(need, signal);
  let session: AgentSession | undefined;
  let disk: DiskChain | undefined;
  try {
    disk = await disks.create(config.diskSizeMib);
    const own = disks.disk(disk, config.diskSizeMib);
    await loadState(vm, { ...template, memory: place.memory });
    // Only now: a slot takes its size from the disk that is in it when the state is loaded, and larger ones are to follow.
    await giveDisks(vm, hasImage ? [imageDisk(image.rootfs), own] : await rehearsalDisks(place, image));
    ({ session } = await enterRestored(vm, 'the pool', signal));
    await session.createContainer(containerSpec(config, image), { signal });
    await rehearse(session, containerConfig(config, image), signal);
    if (!hasImage) {
      await session.removeContainer({ signal });
      await vm.exchangeDisk(DISK_SLOT, own);
    }
    return new PooledVm({ vm, session, place, disks, disk, diskSizeMib: config.diskSizeMib, image: hasImage ? image : undefined });
  } catch (error) {
    session?.close();
    await vm.kill();
    await place.remove();
    if (disk !== undefined) await discardDisk(disks, disk);
    throw error;
  }
};

/** Disks that others take the place of: their layers have names that no Box's have. */
const rehearsalDisks = async (place: StandbyPlace, image: PreparedImage): Promise<Disk[]> => {
  await formatDisk(place.disk, { sizeMib: REHEARSAL_DISK_MIB });
  return [
    { layers: [{ id: 'rehearsalimage', path: image.rootfs, format: 'raw' }], readOnly: true, sizeBytes: 0 },
    { layers: [{ id: 'rehearsaldisk', path: place.disk, format: 'raw' }], readOnly: false, sizeBytes: REHEARSAL_DISK_MIB * MIB },
  ];
};
