import { boxConfig } from './box-config.js';
import type { BoxOptions } from './box-options.js';
import { checkRuntimeOptions } from './runtime-options.js';

describe('what is required of the jail', () => {
  it.each<[BoxOptions['security'], string[]]>([
    [undefined, []],
    ['default', []],
    ['strict', ['strict']],
    [
      ['landlock', 'user-namespace', 'landlock'],
      ['landlock', 'user-namespace'],
    ],
    [
      ['strict', 'seccomp'],
      ['strict', 'seccomp'],
    ],
  ])('by %j are %j', (security, required) => {
    expect(boxConfig(security === undefined ? {} : { security }).security).toEqual(required);
  });

  it.each([['tight'], [['strict', 'apparmor']], [true], [{ require: ['landlock'] }]])('%j is refused, saying what there is', (security) => {
    const refusal = expect.objectContaining({
      code: 'InvalidArgument',
      message: expect.stringMatching(/security is .*strict.*landlock/) as string,
    });
    expect(() => boxConfig({ security: security as never })).toThrow(refusal as Error);
    expect(() => {
      checkRuntimeOptions({ security: security as never });
    }).toThrow(refusal as Error);
  });
});
