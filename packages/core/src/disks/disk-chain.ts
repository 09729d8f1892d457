import { randomBytes } from 'node:crypto';

/** A layer of a writable disk, a file of the home's `disks`: raw at the base, copy-on-write (qcow2) above. */
export interface LayerRef {
  id: string;
  format: 'raw' | 'qcow2';
}

/** What a writable disk is made of, base first. Only the last layer is ever written to, by one VM; all others may be shared. */
export type DiskChain = readonly LayerRef[];

/** More layers than this are not put on a disk: each is one more to look into at each read. */
export const MAX_LAYERS = 64;
/** A disk of more layers than this is made one again when its Box has stopped. */
export const MANY_LAYERS = 16;

export const newLayer = (format: LayerRef['format']): LayerRef => ({ id: randomBytes(8).toString('hex'), format });

/** False for what a file may hold that is no chain. */
export const isDiskChain = (value: unknown): value is DiskChain =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.length <= MAX_LAYERS + 1 &&
  value.every((layer: unknown, index) => {
    if (typeof layer !== 'object' || layer === null) return false;
    const { id, format } = layer as Record<string, unknown>;
    return typeof id === 'string' && /^[0-9a-f]{16}$/.test(id) && (index === 0 ? format === 'raw' : format === 'qcow2');
  });
