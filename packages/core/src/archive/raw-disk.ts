import { rm } from 'node:fs/promises';
import { BoxliteError } from '@boxlite/shared';
import { flattenDisk } from '@boxlite/vmm';
import { type DiskChain, newLayer } from '../disks/disk-chain.js';
import type { DiskStore } from '../disks/disk-store.js';

/**
 * Gives a disk that is not written to any more as one raw file while `use` runs: the file that it is, or one made of its layers.
 * After a crash the home's next opening removes what was made.
 */
export const withRawDisk = async <T>(
  chain: DiskChain,
  disks: DiskStore,
  signal: AbortSignal,
  use: (path: string) => Promise<T>,
): Promise<T> => {
  const [base, ...above] = chain;
  if (base === undefined) throw new BoxliteError('Internal', 'a disk has no layers');
  if (above.length === 0) return use(disks.path(base));
  const output = `${disks.path(newLayer('raw'))}.partial`;
  try {
    await flattenDisk({ layers: chain.map((layer) => disks.layer(layer)), output, signal, sync: false });
    return await use(output);
  } finally {
    await rm(output, { force: true });
  }
};
