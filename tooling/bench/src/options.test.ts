import { measures } from './measures.js';
import { help, readOptions, UsageError } from './options.js';

test('without arguments: all measures, each with its own number of rounds', () => {
  expect(readOptions([])).toEqual({ json: undefined, only: [], rounds: undefined, help: false });
});

test('reads what is asked for', () => {
  const options = readOptions(['--json', '/tmp/report.json', '--only', 'exec,echo', '-n', '7']);
  expect(options).toEqual({ json: '/tmp/report.json', only: ['exec', 'echo'], rounds: 7, help: false });
});

test('a group stands for its measures', () => {
  const { only } = readOptions(['--only', 'start,exec']);
  expect(only).toEqual(expect.arrayContaining(['start-cold', 'density', 'exec']));
  expect(only).not.toContain('start');
  expect(only.every((name) => measures.some((measure) => measure.name === name))).toBe(true);
});

test.each([[['-n', '0']], [['-n', '1.5']], [['-n', 'many']], [['--only', 'exec,nothing']], [['--loud']], [['exec']]])(
  '%j is refused',
  (args) => {
    expect(() => readOptions(args)).toThrow(UsageError);
  },
);

test('the help names every measure', () => {
  for (const { name, about } of measures) expect(help()).toContain(`  ${name.padEnd(16)} ${about}`);
});
