import type { Disk, DiskLayer } from '../engine.js';
import { linkPath } from '../files.js';
import { isReadOnlyLayer } from '../layer-links.js';

/**
 * The block graph of a machine: virtio-blk device → slot (a throttle filter, whose child can be replaced while the guest runs) → the
 * disk's layers, or a placeholder. Nodes are named so that they can be found again without the one who made them.
 */
type Node = Record<string, unknown>;

/** Bytes that the guest believes a disk to have that is given later; file systems know their own size. */
const PLACEHOLDER_BYTES = 2 ** 46;

export const slotName = (slot: number): string => `slot${String(slot)}`;
export const groupName = (slot: number): string => `limits${String(slot)}`;
export const layerName = (id: string): string => `layer-${id}`;
const placeholderName = (slot: number): string => `empty${String(slot)}`;

/** The node that the slot's filter stands on. */
export const topName = (disk: Disk, slot: number): string => {
  const top = disk.layers.at(-1);
  return top === undefined ? placeholderName(slot) : layerName(top.id);
};

export const slotNode = (slot: number, child: string, readOnly: boolean): Node => ({
  driver: 'throttle',
  'node-name': slotName(slot),
  'throttle-group': groupName(slot),
  file: child,
  'read-only': readOnly,
});

export const placeholderNode = (slot: number, readOnly: boolean): Node => ({
  driver: 'null-co',
  'node-name': placeholderName(slot),
  size: PLACEHOLDER_BYTES,
  'read-zeroes': true,
  'read-only': readOnly,
});

/** One layer. `backing` is the node below it, null where another command puts one there; undefined for the base. */
export const layerNode = ({ id, format }: DiskLayer, readOnly: boolean, backing: string | null | undefined): Node => {
  const file = {
    driver: 'file',
    filename: linkPath({ name: id, writable: !readOnly }),
    'read-only': readOnly,
    aio: 'threads',
    cache: { direct: false, 'no-flush': false },
    // What is only read is shared by many; what is written must never be open twice.
    locking: readOnly ? 'off' : 'on',
    ...(readOnly ? {} : { discard: 'unmap' }),
  };
  const name = { 'node-name': layerName(id) };
  if (format === 'raw') return { ...name, ...file };
  return { ...name, driver: 'qcow2', file, 'read-only': readOnly, ...(readOnly ? {} : { discard: 'unmap' }), backing: backing ?? null };
};

/** A disk's layers, base first. */
export const layerNodes = (disk: Disk): Node[] =>
  disk.layers.map((layer, index) => {
    const below = disk.layers[index - 1];
    return layerNode(layer, isReadOnlyLayer(disk, index), below === undefined ? undefined : layerName(below.id));
  });
