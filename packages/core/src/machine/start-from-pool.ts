import type { PooledVm } from '../pool/pooled-vm.js';
import { giveDisks } from '../pool/waiting-vm.js';
import { together } from '../together.js';
import { containerConfig, containerSpec } from './container-spec.js';
import { IMAGE_SLOT, imageDisk } from './machine-shape.js';
import type { Machine, StartDisks, StartRequest } from './start-request.js';

/** A guest that needs longer for a step is of no use; another way to start is faster. */
const PATIENCE_MS = 15_000;

/**
 * Makes a VM of the pool the Box's own, its container included.
 * @param startDisks For a Box that cannot have the VM's own disk.
 * @throws what went wrong; nothing of the VM is left then, and the Box can be started in another way.
 */
export const startFromPool = async (request: StartRequest, pooled: PooledVm, startDisks: StartDisks): Promise<Machine> => {
  const { config, image, layout, nameDisk, onLaunched } = request;
  const { vm, session, place } = pooled;
  const options = { signal: AbortSignal.any([request.signal, AbortSignal.timeout(PATIENCE_MS)]) };
  const isReady = pooled.image !== undefined;
  const takesDisk = request.disk === null && config.diskSizeMib === pooled.diskSizeMib;
  try {
    // All at the same time that need not wait for each other; nothing of the user's runs before all of it is done.
    const moved = place.moveTo(vm, layout);
    const given = isReady
      ? Promise.resolve()
      : takesDisk
        ? giveImage(pooled, request)
        : startDisks.get().then((disks) => giveDisks(vm, disks));
    await together([
      session.setClock(options),
      moved.then(() => onLaunched(vm.record)),
      takesDisk ? nameDisk(pooled.disk) : given.then(() => pooled.discardDisk()),
      isReady
        ? session.configureContainer(containerConfig(config, image), options)
        : given.then(() => session.createContainer(containerSpec(config, image), options)),
      together([moved, given]).then(() => place.remove()),
    ]);
    request.signal.throwIfAborted();
    return { vm, session };
  } catch (error) {
    // A disk that is the Box's by now stays; one that is nobody's is removed when the home is opened again.
    await pooled.endVm();
    throw error;
  }
};

const giveImage = ({ vm }: PooledVm, { image }: StartRequest): Promise<void> => vm.exchangeDisk(IMAGE_SLOT, imageDisk(image.rootfs));
