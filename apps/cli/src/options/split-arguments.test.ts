import { splitRunArguments } from './split-arguments.js';

const split = (typed: string, operands: string): ReturnType<typeof splitRunArguments> =>
  splitRunArguments(operands.split(' ').filter(Boolean), ['run', ...typed.split(' ')]);

describe('splitRunArguments', () => {
  it.each([
    ['debian', 'debian', { image: 'debian', command: [], separated: false }],
    ['--rm debian ls -l', 'debian ls -l', { image: 'debian', command: ['ls', '-l'], separated: false }],
    ['debian -- ls -l', 'debian -- ls -l', { image: 'debian', command: ['ls', '-l'], separated: true }],
    ['debian ls -- x', 'debian ls -- x', { image: 'debian', command: ['ls', '--', 'x'], separated: false }],
    ['-- ls -l', 'ls -l', { image: undefined, command: ['ls', '-l'], separated: true }],
    ['--rm -- ls -- x', 'ls -- x', { image: undefined, command: ['ls', '--', 'x'], separated: true }],
    ['--', '', { image: undefined, command: [], separated: true }],
    ['--rm', '', { image: undefined, command: [], separated: false }],
  ])('splits run %s', (typed, operands, expected) => {
    expect(split(typed, operands)).toEqual(expected);
  });
});
