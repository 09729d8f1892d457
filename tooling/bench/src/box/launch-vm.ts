import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guestImage } from '@boxlite/agent';
import { chooseAccelerator, ShimController, type Vm, type VmSpec } from '@boxlite/shim';

/** A VM as Boxes have it, but for what a Box puts into it: neither image, disk nor container. Gone at the end of the block. */
export interface ShimVm extends AsyncDisposable {
  vm: Vm;
  /** When its start was asked for, on the clock of `performance.now`. */
  begin: number;
}

/** Of a VM without a Box: the disks are there, and give nothing. */
const DISKS = [
  { layers: [], readOnly: true, sizeBytes: 0 },
  { layers: [], readOnly: false, sizeBytes: 0 },
];

/** Starts one in a directory of its own. */
export const launchVm = async (memoryMib: number, special: Pick<VmSpec, 'memory' | 'state'>, signal?: AbortSignal): Promise<ShimVm> => {
  const { kernel, initramfs } = await guestImage();
  const { accelerator } = await chooseAccelerator('auto', 'any');
  const directory = await mkdtemp(join(tmpdir(), 'boxlite-vm-'));
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    const spec = { directory, cpus: 1, memoryMib, kernel, initramfs, disks: DISKS, detach: false, accelerator, ...special };
    const begin = performance.now();
    const vm = await ShimController.launch(spec, { signal });
    return {
      vm,
      begin,
      async [Symbol.asyncDispose]() {
        await vm.kill();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
};
