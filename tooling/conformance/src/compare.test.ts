import { compare } from './compare.js';
import { IntendedDifferences } from './intended.js';

const command = { name: 'x', run: 'x', image: 'debian' } as const;
const outcome = (stdout: string, status = 0, stderr = '') => ({ status, stdout, stderr });

describe('compare', () => {
  it('finds nothing where nothing differs', () => {
    expect(compare(command, outcome('a\nb\n', 3, 'c'), outcome('a\nb\n', 3, 'c'))).toEqual([]);
  });

  it('finds lines, statuses and order', () => {
    expect(compare(command, outcome('a\nb\nb\n', 1), outcome('b\nc\n'))).toEqual([
      { command: 'x', stream: 'status', side: 'runc', line: '1' },
      { command: 'x', stream: 'status', side: 'box', line: '0' },
      { command: 'x', stream: 'stdout', side: 'runc', line: 'a' },
      { command: 'x', stream: 'stdout', side: 'runc', line: 'b' },
      { command: 'x', stream: 'stdout', side: 'box', line: 'c' },
    ]);
    expect(compare(command, outcome('a\nb'), outcome('b\na')).map(({ stream }) => stream)).toEqual(['order', 'order']);
    expect(compare(command, outcome('a'), outcome('a\n'))).toHaveLength(1);
  });
});

describe('intended differences', () => {
  const entry = { commands: 'x|y', side: 'box', line: 'a[0-9]', reason: 'because' } as const;

  it('are told by command, side and whole line', () => {
    const list = new IntendedDifferences([entry]);
    const difference = { command: 'x', stream: 'stdout', side: 'box', line: 'a1' } as const;
    expect(list.unused()).toEqual([entry]);
    expect(list.reason({ ...difference, side: 'runc' })).toBeUndefined();
    expect(list.reason({ ...difference, line: 'a12' })).toBeUndefined();
    expect(list.reason({ ...difference, command: 'xy' })).toBeUndefined();
    expect(list.reason(difference)).toBe('because');
    expect(list.unused()).toEqual([]);
  });
});
