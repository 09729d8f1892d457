import { planOf, type SimpleBoxOptions } from './simple-box-options.js';

describe('options of a SimpleBox', () => {
  const code = (options: SimpleBoxOptions): unknown => {
    try {
      planOf(options);
      return undefined;
    } catch (error) {
      return (error as { code?: unknown }).code;
    }
  };

  it('are those of a Box, in its words or in others', () => {
    expect(planOf({})).toEqual({ reuse: false, box: { autoRemove: true } });
    expect(
      planOf({
        image: 'debian:12',
        rootfsPath: '/layout',
        diskSizeGb: 1.5,
        autoRemove: false,
        volumes: [
          { hostPath: '/a', guestPath: '/b', readOnly: true },
          { name: 'v', boxPath: '/c' },
        ],
        advanced: { capabilities: { add: ['NET_RAW'] } },
        env: { A: '1' },
        cpus: 2,
      }),
    ).toEqual({
      reuse: false,
      box: {
        rootfs: { ociLayout: '/layout' },
        diskSizeMib: 1536,
        autoRemove: false,
        volumes: [
          { hostPath: '/a', boxPath: '/b', readOnly: true },
          { name: 'v', boxPath: '/c' },
        ],
        capabilities: { add: ['NET_RAW'] },
        env: { A: '1' },
        cpus: 2,
      },
    });
  });

  it.each<SimpleBoxOptions>([
    { ports: [{ guestPort: 80 }] },
    { secrets: [{ name: 'key' }] },
    { network: { mode: 'enabled' } },
    { network: { mode: 'full' } },
    { network: { mode: 'disabled', allowNet: ['example.org'] } },
    { network: { outbound: { mode: 'enabled' } } },
    { network: { inbound: { mode: 'enabled' } } },
  ])('refuses what there is not yet: %j', (options) => {
    expect(code(options)).toBe('Unsupported');
  });

  it.each<SimpleBoxOptions>([
    { ports: [], secrets: [] },
    { network: { mode: 'disabled' } },
    { network: { mode: 'none' } },
    { network: { outbound: { mode: 'disabled', allowNet: [] }, inbound: { mode: 'disabled' } } },
  ])('takes what asks for nothing: %j', (options) => {
    expect(code(options)).toBeUndefined();
  });

  it.each<SimpleBoxOptions>([
    { reuseExisting: true },
    { network: {} },
    { rootfsPath: '/a', rootfs: { ociLayout: '/b' } },
    { diskSizeGb: 1, diskSizeMib: 64 },
  ])('refuses what makes no sense: %j', (options) => {
    expect(code(options)).toBe('InvalidArgument');
  });
});
