import { BoxliteError } from '@boxlite/shared';
import type { LayerRef } from '../disks/disk-chain.js';
import { type BoxConfig, checkBoxName, newBoxId } from '../options/box-config.js';
import { newMachineId } from '../options/machine-id.js';
import type { BoxController } from './box-controller.js';
import type { BoxHost } from './box-host.js';
import { type BoxState, initialState } from './box-state.js';
import type { CloneSource } from './clone-source.js';
import { letGo } from './let-go.js';

export interface CloneOptions {
  /** The clone's name; with a `count` above 1 the names are `<name>-1`, `<name>-2` and so on. @defaultValue none */
  name?: string | undefined;
  /** How many. @defaultValue 1 */
  count?: number | undefined;
  /** The snapshot of the Box to start from. @defaultValue the Box as it is now */
  snapshot?: string | undefined;
}

/** What cloning needs of the runtime. */
export interface CloneHost {
  readonly box: BoxHost;
  /** Records Boxes, all or none. @throws BoxliteError `AlreadyExists` when a name is taken. */
  add(boxes: readonly { config: BoxConfig; state: BoxState }[]): Promise<BoxController[]>;
  /** Removes a Box by force. */
  discard(id: string): Promise<void>;
}

const MAX_CLONES = 1000;

/** @throws BoxliteError `InvalidArgument`. */
export const checkCloneOptions = ({ name, count = 1 }: CloneOptions): { names: (string | null)[] } => {
  if (!Number.isInteger(count) || count < 1 || count > MAX_CLONES)
    throw new BoxliteError('InvalidArgument', `count is ${String(count)}; it must be a whole number from 1 to ${String(MAX_CLONES)}`);
  const names = Array.from({ length: count }, (_, index) =>
    name === undefined ? null : checkBoxName(count === 1 ? name : `${name}-${String(index + 1)}`),
  );
  return { names };
};

/**
 * Makes Boxes that begin as another one was, each with a disk of its own above the one they share; those of a Box with memory run at once,
 * as machines of their own. All of them, or none.
 */
export const cloneBox = async (
  host: CloneHost,
  parent: BoxConfig,
  { disk, imageDigest, saved, origin }: CloneSource,
  names: readonly (string | null)[],
): Promise<BoxController[]> => {
  const tops: LayerRef[] = [];
  let clones: BoxController[];
  try {
    // A hundred small files, one after the other, take less time than one start.
    if (disk !== null) for (const _ of names) tops.push(await host.box.disks.overlay(parent.diskSizeMib));
    clones = await host.add(
      names.map((name, index) => {
        const top = tops[index];
        const chain = disk === null || top === undefined ? null : [...disk, top];
        const status = chain === null ? 'configured' : 'stopped';
        return { config: cloneConfig(parent, name), state: { ...initialState(), imageDigest, disk: chain, status } };
      }),
    );
  } finally {
    await letGo(host.box, tops);
  }
  if (saved === undefined) return clones;
  const started = await Promise.allSettled(clones.map((clone) => clone.startFrom({ saved, origin })));
  const failure = started.find((result) => result.status === 'rejected');
  if (failure === undefined) return clones;
  await Promise.allSettled(clones.map(({ config }) => host.discard(config.id)));
  throw failure.reason;
};

/** The clone's own name, hostname and machine-id; all else is the parent's. */
const cloneConfig = (parent: BoxConfig, name: string | null): BoxConfig => {
  const id = newBoxId();
  const hostname = parent.hostname === parent.id ? id : parent.hostname;
  return { ...parent, id, name, hostname, machineId: newMachineId(), createdAt: new Date().toISOString() };
};
