import { existsSync } from 'node:fs';
import { CONTROL_SOCKET, PORTAL_SOCKET } from '../engine/files.js';
import type { Engine } from '../engine/engine.js';
import { WatchedVmProcess } from '../vm/watched-vm-process.js';
import { BoxDirectory } from '../vm/box-directory.js';
import { Vm } from '../vm/vm.js';
import { isVmRecord, type VmRecord } from '../vm/vm-record.js';

/** Takes over a VM that another process left running. Undefined when it has ended. */
export const adoptVm = (record: VmRecord, engine: Engine): Vm | undefined => {
  if (!isVmRecord(record)) return undefined;
  const process = WatchedVmProcess.open(record.pid, BigInt(record.startTime), { child: false, cgroups: record.jail.cgroup.paths });
  if (process === undefined) return undefined;
  try {
    return new Vm({
      engine,
      process,
      directory: new BoxDirectory(record.directory),
      record,
      detached: true,
      disks: undefined,
      control: undefined,
    });
  } catch (error) {
    process.release();
    throw error;
  }
};

/**
 * As {@link adoptVm}, but for one whose sockets are gone: nobody can reach it any more, so it is ended. An engine that has just been killed may
 * be there still, too.
 */
export const adoptReachableVm = async (record: VmRecord, engine: Engine): Promise<Vm | undefined> => {
  const vm = adoptVm(record, engine);
  if (vm === undefined) return undefined;
  const directory = new BoxDirectory(record.directory);
  if ([CONTROL_SOCKET, PORTAL_SOCKET].every((name) => existsSync(directory.file(name)))) return vm;
  await vm.kill();
  return undefined;
};
