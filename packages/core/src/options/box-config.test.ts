import { resolve } from 'node:path';
import fc from 'fast-check';
import { BoxliteError } from '@boxlite/shared';
import { boxConfig } from './box-config.js';
import type { BoxOptions } from './box-options.js';

describe('boxConfig', () => {
  it('fills in the defaults', () => {
    const config = boxConfig({});
    expect(config).toMatchObject({
      name: null,
      cpus: 1,
      memoryMib: 512,
      diskSizeMib: 4096,
      env: {},
      detach: false,
      autoRemove: false,
      hostname: config.id,
      machineId: config.machineId,
    });
    expect(config.id).toMatch(/^[0-9a-f]{12}$/);
  });

  it.each<[string, unknown, string]>([
    ['no object', null, 'options'],
    ['an unknown option', { memoryMiB: 1 }, 'memoryMiB'],
    ['a truthy flag', { detach: 1 }, 'detach'],
    ['an image that is no string', { image: 5 }, 'image'],
    ['an image by a name that none can have', { image: 'Debian:12' }, 'Debian:12'],
    ['a rootfs that is a string', { rootfs: './x' }, 'rootfs'],
    ['a layout without a path', { rootfs: { ociLayout: '' } }, 'rootfs.ociLayout'],
    ['capabilities that are no list', { capabilities: { add: 'NET_ADMIN' } }, 'capabilities.add'],
    ['labels that are a list', { labels: ['a'] }, 'labels'],
    ['a variable that no process can have', { env: { A: 'x'.repeat(200_000) } }, 'env.A'],
    ['more memory than a VM can have', { memoryMib: 2_000_000 }, 'memoryMib'],
  ])('refuses %s, naming it', (_, options, named) => {
    expect(() => boxConfig(options as BoxOptions)).toThrow(
      expect.objectContaining({ code: 'InvalidArgument', message: expect.stringContaining(named) as string }),
    );
  });

  it('keeps paths that another process finds', () => {
    expect(boxConfig({ rootfs: { ociLayout: 'x/../layout' } }).source).toEqual({ kind: 'ociLayout', path: resolve('layout') });
  });

  it('either gives a configuration that survives JSON, or a BoxliteError', () => {
    const anything = fc.oneof(fc.anything(), fc.integer(), fc.double(), fc.string());
    fc.assert(
      fc.property(
        fc.record(
          {
            cpus: anything,
            memoryMib: anything,
            diskSizeMib: anything,
            name: anything,
            hostname: anything,
            user: anything,
            workingDir: anything,
            env: fc.dictionary(fc.string(), fc.string()),
          },
          { requiredKeys: [] },
        ),
        (options) => {
          try {
            const config = boxConfig(options as BoxOptions);
            expect(JSON.parse(JSON.stringify(config))).toEqual(config);
          } catch (error) {
            expect(error).toBeInstanceOf(BoxliteError);
            expect((error as BoxliteError).code).toBe('InvalidArgument');
          }
        },
      ),
    );
  });
});
