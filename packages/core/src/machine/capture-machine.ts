import { randomBytes } from 'node:crypto';
import { link, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaptureRequest, Vm } from '@boxlite/shim';
import { DevicesPipe, type MemoryChanges } from '@boxlite/vmm';
import type { SavedMachine } from './saved-machine.js';

/** What a VM was at one moment. To be released when nothing is started from it any more. */
export interface MachineCapture extends AsyncDisposable {
  saved: SavedMachine & { changes: MemoryChanges };
}

export interface MachineCaptureRequest {
  vm: Vm;
  /** The file that the VM maps its memory from. */
  memory: string;
  /** Of the same file system as the memory: where files may be put, whose names end in `.tmp`. */
  directory: string;
  /** What else is done at the same moment. */
  halt: Omit<CaptureRequest, 'devices'>;
}

/** Where a VM's state is, and where to. */
export interface StateRequest {
  vm: Vm;
  /** The file that the VM maps its memory from. */
  memory: string;
  /** A new file for the state of its devices. */
  devices: string;
}

/**
 * Reads memory and devices of a VM as they are at one moment.
 * @param save Has the engine save its devices to the path that it is given, once its guest stands still.
 */
export const readState = async ({ vm, memory, devices }: StateRequest, save: (path: string) => Promise<void>): Promise<MemoryChanges> => {
  using pipe = DevicesPipe.create(`${devices}.pipe.tmp`);
  const saved = save(pipe.path).catch((error: unknown) => {
    pipe.cancel();
    throw error;
  });
  const [changes, saving] = await Promise.allSettled([pipe.capture({ pid: vm.record.pid, ram: memory }, devices), saved]);
  if (saving.status === 'rejected') {
    if (changes.status === 'fulfilled') changes.value.release();
    throw saving.reason;
  }
  if (changes.status === 'rejected') throw changes.reason;
  return changes.value;
};

/** Reads memory and devices of a VM, while its disk is frozen as it is at that moment. The guest stands still meanwhile, and goes on. */
export const captureMachine = async ({ vm, memory, directory, halt }: MachineCaptureRequest): Promise<MachineCapture> => {
  const unique = `${randomBytes(4).toString('hex')}.tmp`;
  const devices = join(directory, `devices-${unique}`);
  // A name of its own: the Box may be started from another file before this one is used.
  const kept = join(directory, `memory-${unique}`);
  let changes: MemoryChanges | undefined;
  const release = async (): Promise<void> => {
    changes?.release();
    await Promise.all([devices, kept].map((path) => rm(path, { force: true })));
  };
  try {
    await link(memory, kept);
    changes = await readState({ vm, memory, devices }, (path) => vm.capture({ ...halt, devices: path }));
    return { saved: { memory: kept, devices, changes }, [Symbol.asyncDispose]: release };
  } catch (error) {
    await release();
    throw error;
  }
};
