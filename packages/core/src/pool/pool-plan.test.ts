import { poolPlan, type WarmPoolOptions } from './pool-plan.js';

describe('poolPlan', () => {
  it('is for any image unless the shape names one', () => {
    expect(poolPlan({ size: 2 })).toMatchObject({ size: 2, hasImage: false, config: { cpus: 1, memoryMib: 512, diskSizeMib: 4096 } });
    expect(poolPlan({ size: 1, shape: { cpus: 2, memoryMib: 256 } })).toMatchObject({
      hasImage: false,
      config: { cpus: 2, memoryMib: 256 },
    });
    expect(poolPlan({ size: 1, shape: { image: 'debian:12' } })).toMatchObject({ hasImage: true });
    expect(poolPlan({ size: 1, shape: { rootfs: { ociLayout: '/images/debian' } } })).toMatchObject({ hasImage: true });
  });

  it('is none without options, and with a size of 0', () => {
    expect(poolPlan(undefined)).toBeUndefined();
    expect(poolPlan({ size: 0 })).toBeUndefined();
  });

  it.each<[string, unknown, string]>([
    ['no size', {}, 'warmPool.size is undefined'],
    ['a negative size', { size: -1 }, 'warmPool.size'],
    ['half a VM', { size: 0.5 }, 'warmPool.size'],
    ['more than 64', { size: 65 }, 'warmPool.size'],
    ['a size in words', { size: '2' }, 'warmPool.size'],
    ['an unknown option', { size: 1, min: 3 }, 'warmPool.min'],
    ['no object', 3, 'warmPool'],
    ['null', null, 'warmPool'],
    ['a bad shape', { size: 1, shape: { cpus: 0 } }, 'warmPool.shape: cpus'],
    ['an unknown option of a Box', { size: 1, shape: { memory: 3 } }, "warmPool.shape: there is no option 'memory'"],
    ['a shape that would live on', { size: 1, shape: { detach: true } }, 'warmPool.shape.detach'],
    ['a bad shape of no VM', { size: 0, shape: { cpus: 0 } }, 'warmPool.shape: cpus'],
  ])('refuses %s', (_, options, named) => {
    expect(() => poolPlan(options as WarmPoolOptions)).toThrow(
      expect.objectContaining({ code: 'InvalidArgument', message: expect.stringContaining(named) as string }) as Error,
    );
  });

  it('refuses a shape that no Box can have yet', () => {
    expect(() => poolPlan({ size: 1, shape: { network: { mode: 'full' } } })).toThrow(
      expect.objectContaining({ code: 'Unsupported', message: expect.stringContaining('warmPool.shape: network') as string }) as Error,
    );
  });
});
