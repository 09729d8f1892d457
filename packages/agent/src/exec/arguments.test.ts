import { execStart } from './arguments.js';

const refuse = (command: unknown, args: unknown[] = [], options: object = {}): unknown => {
  try {
    execStart(command as string, args as string[], options);
    return undefined;
  } catch (error) {
    return error;
  }
};

test.each<[string, unknown, unknown[], object]>([
  ['an empty command', '', [], {}],
  ['no command', undefined, [], {}],
  ['a NUL in the command', 'a\0b', [], {}],
  ['a NUL in an argument', 'a', ['x', 'b\0'], {}],
  ['a number as argument', 'a', [1], {}],
  ['an empty variable name', 'a', [], { env: { '': 'x' } }],
  ['an = in a variable name', 'a', [], { env: { 'A=B': 'x' } }],
  ['a NUL in a variable', 'a', [], { env: { A: '\0' } }],
  ['a NUL in a variable name', 'a', [], { env: { 'A\0': '' } }],
  ['an undefined variable', 'a', [], { env: { A: undefined } }],
  ['a relative working directory', 'a', [], { workingDir: 'srv' }],
  ['an empty working directory', 'a', [], { workingDir: '' }],
  ['a NUL in the user', 'a', [], { user: 'ro\0ot' }],
  ['timeout 0', 'a', [], { timeoutMs: 0 }],
  ['a negative timeout', 'a', [], { timeoutMs: -1 }],
  ['timeout NaN', 'a', [], { timeoutMs: NaN }],
  ['an endless timeout', 'a', [], { timeoutMs: Infinity }],
  ['a timeout as text', 'a', [], { timeoutMs: '1' }],
  ['more arguments than Linux takes', 'a', ['x'.repeat(2 << 20)], {}],
])('%s is an InvalidArgument error', (_name, command, args, options) => {
  expect(refuse(command, args, options)).toMatchObject({ name: 'BoxliteError', code: 'InvalidArgument' });
});

test.each<[string, unknown]>([
  ['a flat terminal', { rows: 0, columns: 80 }],
  ['a terminal of half a column', { rows: 24, columns: 0.5 }],
  ['a terminal without columns', { rows: 24 }],
  ['a huge terminal', { rows: 24, columns: 65_536 }],
  ['a terminal that is null', null],
  ['a terminal that is a word', 'xterm'],
])('%s is an InvalidArgument error', (_name, tty) => {
  expect(refuse('a', [], { tty })).toMatchObject({ name: 'BoxliteError', code: 'InvalidArgument' });
});

test('a terminal has a size, given or not', () => {
  expect(execStart('a', [], { tty: { rows: 5, columns: 65_535 } }).tty).toEqual({ rows: 5, columns: 65_535 });
  expect(execStart('a', [], { tty: true }).tty).toEqual({ rows: 24, columns: 80 });
  expect(execStart('a', [], { tty: false }).tty).toBeUndefined();
});

test('stdin is asked for unless it is closed', () => {
  expect(['pipe', 'closed', undefined, 'text', Buffer.alloc(0)].map((stdin) => execStart('a', [], { stdin: stdin }).stdin)).toEqual([
    true,
    false,
    false,
    true,
    true,
  ]);
});
