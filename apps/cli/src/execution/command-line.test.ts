import type { ImageInfo } from '@boxlite/core';
import { commandLine } from './command-line.js';

const image = (entrypoint: string[], cmd: string[]): ImageInfo =>
  ({ reference: 'app:1', digest: 'sha256:1', config: { entrypoint, cmd } }) as unknown as ImageInfo;

describe('commandLine', () => {
  it.each([
    [[], ['sh'], [], undefined, ['sh']],
    [[], ['sh'], ['ls', '-l'], undefined, ['ls', '-l']],
    [['/init'], ['serve'], [], undefined, ['/init', 'serve']],
    [['/init'], ['serve'], ['ls'], undefined, ['/init', 'ls']],
    [['/init'], ['serve'], [], 'sh', ['sh']],
    [['/init'], ['serve'], ['-c', 'ls'], 'sh', ['sh', '-c', 'ls']],
    [['/init'], ['serve'], ['ls'], '', ['ls']],
  ])('of entrypoint %j, cmd %j, given %j and --entrypoint %j is %j', (entrypoint, cmd, command, override, expected) => {
    expect(commandLine(image(entrypoint, cmd), command, override)).toEqual(expected);
  });

  it('is refused when nobody names a command', () => {
    expect(() => commandLine(image([], []), [])).toThrow('the image app:1 has no command of its own');
    expect(() => commandLine(image(['/init'], ['serve']), [], '')).toThrow('no command');
  });
});
