import { mainCommand } from './main-process.js';

const image = { entrypoint: ['/entry', '-x'], cmd: ['serve'] };
const bare = { entrypoint: [], cmd: [] };

describe('the command of a main process', () => {
  it.each([
    ["the image's own", { entrypoint: null, cmd: [] }, image, ['/entry', '-x', 'serve']],
    ['a command given to the entrypoint', { entrypoint: null, cmd: ['check', 'it'] }, image, ['/entry', '-x', 'check', 'it']],
    ["an entrypoint, which puts the image's command aside", { entrypoint: ['sh'], cmd: null }, image, ['sh']],
    ['an entrypoint with a command', { entrypoint: ['sh'], cmd: ['-c', 'true'] }, image, ['sh', '-c', 'true']],
    ['no entrypoint', { entrypoint: [], cmd: ['ls'] }, image, ['ls']],
    ['a command where the image has nothing', { entrypoint: null, cmd: ['ls'] }, bare, ['ls']],
  ])('is %s', (_, given, config, expected) => {
    expect(mainCommand(given, config)).toEqual(expected);
  });

  it.each([
    ['where nothing is given', { entrypoint: null, cmd: [] }, bare],
    ['where the entrypoint is taken away', { entrypoint: [], cmd: null }, image],
  ])('is refused %s', (_, given, config) => {
    expect(() => mainCommand(given, config)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
  });
});
