import type { Vm } from '@boxlite/shim';
import { areLimited } from '../options/disk-limits.js';
import type { StartRequest } from './start-request.js';

/** Puts the limits of a Box's disks in force, where it has any. To be called before anything of its user's runs. */
export const limitDisks = async (vm: Vm, { config: { diskLimits } }: Pick<StartRequest, 'config'>): Promise<void> => {
  if (areLimited(diskLimits)) await vm.limitDisks(diskLimits);
};
