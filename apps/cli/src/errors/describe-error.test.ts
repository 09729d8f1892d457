import { BoxliteError } from '@boxlite/shared';
import { CliError, InterruptedError, OutputClosedError, ReportedError } from './cli-error.js';
import { describeError } from './describe-error.js';

const describeIt = (error: unknown, debug = false): string => describeError(error, { command: 'boxlite run', debug });

describe('describeError', () => {
  it('is one line, or two where there is something to do', () => {
    expect(describeIt(new BoxliteError('NotFound', "there is no Box 'x'"))).toBe("boxlite: there is no Box 'x'\n");
    expect(describeIt(new BoxliteError('InvalidArgument', 'cpus is 0'))).toBe("boxlite: --cpus is 0\nSee 'boxlite run --help'.\n");
    expect(describeIt(new CliError('nothing to run', 'Name an image.'))).toBe('boxlite: nothing to run\nName an image.\n');
  });

  it('tells what to do when another process has the home', () => {
    const error = new BoxliteError('Config', '/h/lock is locked by process 2147483647; end that one first', { reason: 'locked' });
    expect(describeIt(error)).toBe(
      "boxlite: the home /h is in use by process 2147483647; one process uses a home at a time\nWait until it ends, end it ('kill 2147483647'), or use another home with --home or BOXLITE_HOME.\n",
    );
  });

  it('leaves alone what a guest or registry says', () => {
    expect(describeIt(new BoxliteError('Execution', 'user is gone'))).toBe('boxlite: user is gone\n');
  });

  it('has no stack, even of a bug', () => {
    const text = describeIt(new TypeError('x is not a function'));
    expect(text).toBe('boxlite: x is not a function\nThis is a bug in BoxLite; run the command again with --debug to see more.\n');
  });

  it('shows the end of a console, and no more', () => {
    const tail = Array.from({ length: 50 }, (_, line) => `line ${String(line)}`).join('\n');
    const lines = describeIt(new BoxliteError('Engine', `the VM ended. Its last words:\n${tail}`, { reason: 'vm-died' }))
      .trimEnd()
      .split('\n');
    expect(lines[0]).toBe('boxlite: the VM ended. Its last words:');
    expect(lines.at(-1)).toBe('  line 49');
    expect(lines).toHaveLength(12);
  });

  it('cuts long messages of other errors to two lines', () => {
    expect(describeIt(new BoxliteError('Image', 'one\ntwo\nthree')).split('\n')).toEqual(['boxlite: one', '  three', '']);
  });

  it('does not let a guest or registry write to the terminal', () => {
    expect(describeIt(new BoxliteError('Image', 'bad \u001b[2J\u0007 name'))).toBe('boxlite: bad ?[2J? name\n');
  });

  it('says nothing of what the user knows', () => {
    for (const error of [new InterruptedError('SIGINT'), new OutputClosedError('gone'), new ReportedError('1 of 2')])
      expect(describeIt(error)).toBe('');
  });

  it('shows stacks and causes with debug', () => {
    const cause = new Error('connect ECONNREFUSED');
    const text = describeIt(new BoxliteError('Network', 'the registry cannot be reached', { cause }), true);
    expect(text).toContain('describe-error.test');
    expect(text).toContain('caused by Error: connect ECONNREFUSED');
  });
});
