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
    });
    expect(config.id).toMatch(/^[0-9a-f]{12}$/);
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
