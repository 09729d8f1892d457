import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { fakeCli } from '../testing/fake-cli.js';
import type { FakeExecution } from '../testing/fake-execution.js';

/** `boxlite` on a terminal, and a Box that a command is started in. */
const setUp = async (stdinKind: 'terminal' | 'stream' | 'nothing' = 'terminal') => {
  const stdin = new PassThrough();
  const cli = fakeCli({ stdinKind, stdin });
  Object.assign(cli.stdout, { isTTY: true, rows: 30, columns: 100 });
  const box = await cli.runtime.create({ name: 'web' });
  const started = new Promise<{ execution: FakeExecution; options: object }>((resolve) => {
    box.onExec = (execution, _argv, options) => {
      resolve({ execution, options });
    };
  });
  return { ...cli, stdin, started };
};

describe('a command on a terminal', () => {
  it('gets the size of ours, our keys as they are, and each change of size', async () => {
    const { boxlite, raws, stdin, stdout, started } = await setUp();
    const ended = boxlite('exec', '-it', 'web', 'sh');
    const { execution, options } = await started;
    expect(options).toMatchObject({ stdin: 'pipe', tty: { rows: 30, columns: 100 } });
    stdin.write('\x03');
    const keys = await once(execution.stdin, 'data');
    expect(String(keys[0])).toBe('\x03');
    expect(raws).toEqual([true]);
    Object.assign(stdout, { rows: 40, columns: 120 });
    stdout.emit('resize');
    execution.exit({ exitCode: 3 });
    expect(await ended).toBe(3);
    expect(execution.sizes.at(-1)).toEqual({ rows: 40, columns: 120 });
    expect(raws).toEqual([true, false]);
    expect(stdout.listenerCount('resize')).toBe(0);
  });

  it('leaves ours alone when no keys are passed on', async () => {
    const { boxlite, raws, started } = await setUp('stream');
    const ended = boxlite('exec', '-t', 'web', 'sh');
    const { execution } = await started;
    execution.fail(new Error('gone'));
    expect(await ended).toBe(125);
    expect(raws).toEqual([]);
  });

  it('puts ours back when the command fails', async () => {
    const { boxlite, raws, started } = await setUp();
    const ended = boxlite('exec', '-it', 'web', 'sh');
    const { execution } = await started;
    execution.fail(new Error('gone'));
    expect(await ended).toBe(125);
    expect(raws).toEqual([true, false]);
  });

  it.each(['stream', 'nothing'] as const)('is refused when our stdin is %s', async (stdinKind) => {
    const { boxlite, stderr } = await setUp(stdinKind);
    expect(await boxlite('exec', '-it', 'web', 'sh')).toBe(125);
    expect(stderr.text).toContain('the input device is not a TTY');
  });

  it('has the usual size where ours has none', async () => {
    const { boxlite, stdout, started } = await setUp();
    Object.assign(stdout, { isTTY: true, rows: 0, columns: 0 });
    const ended = boxlite('exec', '-it', 'web', 'sh');
    const { execution, options } = await started;
    expect(options).toMatchObject({ tty: true });
    execution.exit();
    expect(await ended).toBe(0);
  });
});
