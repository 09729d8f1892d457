import { readOptions, UsageError } from './options.js';

const read = (...args: string[]) => readOptions(args, () => 99);

describe('the command line', () => {
  it('has a default for everything', () => {
    expect(read()).toEqual({ rounds: 50, seed: 99, from: 1, verbose: false });
    expect(read('--all')).toMatchObject({ rounds: 500 });
    expect(read('--all', '--rounds', '3', '--seed', '0', '--from', '7', '--verbose')).toEqual({
      rounds: 3,
      seed: 0,
      from: 7,
      verbose: true,
    });
    expect(read('--help')).toBeUndefined();
  });

  it.each([[['--rounds', '0']], [['--rounds', 'x']], [['--seed', '-1']], [['--seed', '4294967296']], [['--what']], [['word']]])(
    'refuses %j',
    (args) => {
      expect(() => read(...args)).toThrow(UsageError);
    },
  );
});
