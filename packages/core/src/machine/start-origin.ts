/**
 * What a Box's VM was started from: `cold`, a boot of the kernel; `template`, a saved VM that had booted; `image-template`, one whose
 * container was set up as well; `pool`, a VM that ran already; `clone`, another running Box; `snapshot`, what was kept of this one or another.
 */
export type StartOrigin = 'cold' | 'template' | 'image-template' | 'pool' | 'clone' | 'snapshot';

const ORIGINS: Record<StartOrigin, true> = {
  cold: true,
  template: true,
  'image-template': true,
  pool: true,
  clone: true,
  snapshot: true,
};

export const isStartOrigin = (value: unknown): value is StartOrigin => typeof value === 'string' && Object.hasOwn(ORIGINS, value);
