import { createHash } from 'node:crypto';
import type { GuestImage } from '@boxlite/agent';
import { machineIdentity } from '@boxlite/shim';
import { type MachineShape, machineSpec, placeholderDisks } from '../machine/machine-shape.js';
import type { FileChecksums } from './file-checksums.js';

/** Raised when a saved VM means something else than before. */
const FORMAT = '1';

/** A name for all that shapes a saved VM: engine, processor, machine, devices, kernel and initramfs. 32 hexadecimal digits. */
export const templateKey = async (shape: MachineShape, guest: GuestImage, checksums: FileChecksums): Promise<string> => {
  const [identity, kernel, initramfs] = await Promise.all([
    machineIdentity(machineSpec(shape, guest, placeholderDisks(shape))),
    checksums.of(guest.kernel),
    checksums.of(guest.initramfs),
  ]);
  return createHash('sha256')
    .update(JSON.stringify([FORMAT, kernel, initramfs, ...identity]))
    .digest('hex')
    .slice(0, 32);
};

/** A name for all that the saved state of a VM fits, whatever kernel runs in it. 32 hexadecimal digits. */
export const machineKey = async (shape: MachineShape, guest: GuestImage): Promise<string> =>
  createHash('sha256')
    .update(JSON.stringify([FORMAT, ...(await machineIdentity(machineSpec(shape, guest, placeholderDisks(shape))))]))
    .digest('hex')
    .slice(0, 32);
