import type { Disk } from './engine.js';
import type { FileLink } from './files.js';

/** Whether the layer at `index` is only read. */
export const isReadOnlyLayer = ({ layers, readOnly }: Disk, index: number): boolean => readOnly || index < layers.length - 1;

/** The files of a disk's layers, as the engine sees them. */
export const layerLinks = (disk: Disk): FileLink[] =>
  disk.layers.map(({ id, path }, index) => ({ name: id, source: path, writable: !isReadOnlyLayer(disk, index) }));
