import { BoxliteError } from '@boxlite/shared';
import { type BoxConfig, boxConfig } from '../options/box-config.js';
import type { BoxOptions } from '../options/box-options.js';

/** How many VMs are kept running for Boxes to come, and what they are like. */
export interface WarmPoolOptions {
  /** From 0 (none) to 64. */
  size: number;
  /**
   * What the VMs are like: `cpus`, `memoryMib`, and as `diskSizeMib` the largest disk that they take. With an `image` or `rootfs` they have its
   * container ready: they serve Boxes of this very image, `diskSizeMib`, `capabilities` and {@link ConfinementOptions}, and those faster;
   * otherwise they serve Boxes of any image. All else is each Box's own.
   * @defaultValue what a Box is by default, for any image
   */
  shape?: BoxOptions;
}

/** {@link WarmPoolOptions}, checked. */
export interface PoolPlan {
  size: number;
  /** What the VMs are like. */
  config: BoxConfig;
  /** Whether they have the container of `config`'s image ready. */
  hasImage: boolean;
}

const MAX_SIZE = 64;
const OPTIONS = ['size', 'shape'] as const satisfies readonly (keyof WarmPoolOptions)[];

const invalid = (message: string): BoxliteError => new BoxliteError('InvalidArgument', message);

/**
 * Checks a pool's options; undefined when there is to be none.
 * @throws BoxliteError `InvalidArgument` naming the option; `Unsupported` for a shape that no Box can have.
 */
export const poolPlan = (options: WarmPoolOptions | undefined): PoolPlan | undefined => {
  if (options === undefined) return undefined;
  if (typeof options !== 'object' || (options as unknown) === null)
    throw invalid(`warmPool is ${JSON.stringify(options)}; it must be { size, shape }`);
  const unknown = Object.keys(options).find((name) => !(OPTIONS as readonly string[]).includes(name));
  if (unknown !== undefined) throw invalid(`there is no option 'warmPool.${unknown}'; there are ${OPTIONS.join(', ')}`);
  const { size, shape = {} } = options;
  checkCount(size, 'warmPool.size', MAX_SIZE);
  const config = shapeConfig(shape);
  const hasImage = shape.image !== undefined || shape.rootfs !== undefined;
  return size === 0 ? undefined : { size, config, hasImage };
};

/** @throws BoxliteError `InvalidArgument`. */
export const checkCount = (value: unknown, name: string, max: number): void => {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max) return;
  throw invalid(`${name} is ${JSON.stringify(value)}; it must be a whole number from 0 to ${String(max)}`);
};

const shapeConfig = (shape: BoxOptions): BoxConfig => {
  let config: BoxConfig;
  try {
    config = boxConfig(shape);
  } catch (error) {
    if (!(error instanceof BoxliteError)) throw error;
    throw new BoxliteError(error.code, `warmPool.shape: ${error.message}`, { reason: error.reason, cause: error });
  }
  if (config.volumes.length > 0)
    throw invalid('warmPool.shape.volumes: a VM of the pool cannot have volumes, as they are those of one Box; leave them out');
  if (config.detach) throw invalid('warmPool.shape.detach is true; a VM of the pool ends with its runtime, so leave it out');
  return config;
};
