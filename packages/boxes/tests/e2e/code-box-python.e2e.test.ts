import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BoxliteError, CodeBox, ExecError, TimeoutError } from '@boxlite/boxes';
import { useCodeBox } from './support/code-box.js';

describe('a CodeBox with Python', () => {
  const code = useCodeBox({ memoryMib: 384 });

  it('gives what code prints, and keeps what it leaves', async () => {
    expect(await code.box.run("import math\nx = 6\ndef double(n): return 2 * n\nprint('Hello, World!')")).toBe('Hello, World!\n');
    expect(await code.box.run('print(double(x), math.floor(2.5))')).toBe('12 2\n');
    expect(code.box.language).toBe('python');
  });

  it('gives values, errors and what is shown', async () => {
    expect(await code.box.execute("import sys\nprint('out')\nprint('err', file=sys.stderr)\n{'a': [1, (2, None)]}")).toMatchObject({
      stdout: 'out\n',
      stderr: 'err\n',
      value: { text: "{'a': [1, (2, None)]}", json: { a: [1, [2, null]] } },
      error: undefined,
      timedOut: false,
      restarted: false,
      truncated: false,
    });
    expect((await code.box.execute("float('nan')")).value).toEqual({ text: 'nan' });
    expect((await code.box.execute('x = 1')).value).toBeUndefined();
    expect((await code.box.execute('import asyncio\nawait asyncio.sleep(0.01, "awaited")')).value?.json).toBe('awaited');

    const { error } = await code.box.execute('def f():\n    return 1 / 0\n\nf()');
    expect(error).toMatchObject({ name: 'ZeroDivisionError', message: 'division by zero' });
    expect(error?.traceback).toMatch(
      /^Traceback .*\n {2}File "<run \d+>", line 4, in <module>\n {4}f\(\)\n {2}File "<run \d+>", line 2, in f\n/,
    );
    expect((await code.box.execute('1 +')).error?.name).toBe('SyntaxError');

    const { displays, pngs } = await code.box.execute(
      "display({'text/html': '<b>'}, b'\\x89PNG\\r\\n\\x1a\\n')\nclass Page:\n    def _repr_html_(self): return '<p>'\ndisplay(Page())",
    );
    expect(displays.map((each) => Object.keys(each).sort())).toEqual([['text/html'], ['image/png'], ['text/html', 'text/plain']]);
    expect(pngs).toEqual([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')]);
  });

  it('throws what code fails with, from run', async () => {
    const failed = await code.box.run("import sys; print('said', file=sys.stderr); int('no')").catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(ExecError);
    expect(failed).toMatchObject({ command: 'run()', exitCode: 1, stderr: expect.stringMatching(/^said\nTraceback[^]*ValueError/) });
    await expect(code.box.run('while True: pass', { timeoutSecs: 0.5 })).rejects.toBeInstanceOf(TimeoutError);
  });

  it('tells output as it comes, in both its streams', async () => {
    const told: string[] = [];
    const shown: object[] = [];
    let answered = false;
    await code.box.run("import pathlib\nstop_file = pathlib.Path('/tmp/stop')");
    await code.box.execute("import sys, time\nprint('first')\nwhile not stop_file.exists(): time.sleep(0.01)\nprint('ä')\ndisplay(1)", {
      onStdout: (text) => {
        told.push(text);
        // What it waits for comes only when its first line has been told.
        if (!answered) void code.box.exec('touch', '/tmp/stop');
        answered = true;
      },
      onDisplay: (display) => shown.push(display),
    });
    expect(told.join('')).toBe('first\nä\n');
    expect(shown).toEqual([{ 'text/plain': Buffer.from('1') }]);
  });

  it('interrupts code that takes too long, and kills what does not heed it', async () => {
    await code.box.run('kept = 1');
    const heeded = await code.box.execute("print('begun')\nwhile True: pass", { timeoutSecs: 0.5 });
    expect(heeded).toMatchObject({ stdout: 'begun\n', timedOut: true, restarted: false, error: { name: 'KeyboardInterrupt' } });
    expect(await code.box.run('print(kept)')).toBe('1\n');
    // What it has started is interrupted with it.
    expect(await code.box.execute("import os; os.system('sleep 1000')", { timeoutSecs: 0.5 })).toMatchObject({ timedOut: true });

    const ignored = await code.box.execute('import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass', {
      timeoutSecs: 0.5,
    });
    expect(ignored).toMatchObject({ timedOut: true, restarted: true, error: { name: 'InterpreterExited' } });
    expect((await code.box.execute('kept')).error?.name).toBe('NameError');

    const giveUp = new AbortController();
    const running = code.box.execute("print('on')\nwhile True: pass", { signal: giveUp.signal, onStdout: () => giveUp.abort() });
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
    const byHand = code.box.execute("print('on')\nwhile True: pass", { onStdout: () => code.box.interrupt() });
    expect(await byHand).toMatchObject({ timedOut: false, error: { name: 'KeyboardInterrupt' } });
    expect(await code.box.run('print(1)')).toBe('1\n');
  });

  it.each([
    ['sys.exit is the end of a run', 'import sys; sys.exit()', {}],
    ['with a code it is a failure', 'import sys; sys.exit(3)', { error: { name: 'SystemExit', message: '3' } }],
    ['os._exit with 0', 'import os; os._exit(0)', { restarted: true, error: undefined }],
    [
      'os._exit with another code',
      'import os; os._exit(7)',
      { restarted: true, error: { name: 'InterpreterExited', message: expect.stringContaining('7') } },
    ],
    ['a crash', 'import os; os.abort()', { restarted: true, error: { name: 'InterpreterExited', message: expect.stringContaining('6') } }],
    [
      'print is something else',
      'print = None\nimport builtins; builtins.print = None; import json; json.dumps = None; import os; os.write = None\n1',
      { value: { json: 1 } },
    ],
    ['stdin is closed', 'import sys, os; sys.stdin.close(); os.close(0)', {}],
    ['stdin is read', 'input()', { error: { name: 'EOFError' } }],
    ['fd 1 is written to', "import os; os.write(1, b'raw\\xff\\n')", { stdout: 'raw\ufffd\n' }],
    [
      'a fork goes on',
      "import os\nif os.fork() == 0: print('child', flush=True)\nelse: os.wait()\nprint('both')",
      { stdout: 'child\nboth\nboth\n' },
    ],
    [
      'a fork fails',
      "import os\nif os.fork() == 0: raise KeyError('child')\nos.wait()[1] >> 8",
      { value: { json: 1 }, stderr: expect.stringContaining("KeyError: 'child'") },
    ],
    ['all descriptors are closed', 'import os; os.closerange(0, 256)', { restarted: true }],
    [
      'nonsense is said in its name',
      "import os\nfor fd in range(3, 256):\n    try: os.write(fd, b'nonsense' * 100)\n    except OSError: pass\nimport time; time.sleep(1000)",
      { restarted: true },
    ],
    ['its keeper is killed', 'import os, signal; os.kill(os.getppid(), signal.SIGKILL); import time; time.sleep(1000)', 'Execution'],
    [
      'threads print',
      "import threading\nall = [threading.Thread(target=print, args=('t' * 5000,)) for _ in range(4)]\nfor t in all: t.start()\nfor t in all: t.join()",
      {},
    ],
  ] as const)('goes on after: %s', async (_what, hostile, expected) => {
    if (expected === 'Execution') await expect(code.box.execute(hostile)).rejects.toMatchObject({ code: 'Execution' });
    else expect(await code.box.execute(hostile)).toMatchObject(expected);
    code.box.reset();
    expect(await code.box.run("print('fine')")).toBe('fine\n');
  });

  it('keeps a part of output without end, and what goes on in the background for the next run', async () => {
    const flood = await code.box.execute("import os\nwhile True: os.write(1, b'x' * 65536)", { timeoutSecs: 1, maxOutput: 100_000 });
    expect(flood).toMatchObject({ timedOut: true, truncated: true });
    expect(flood.stdout).toHaveLength(100_000);
    await code.box.run("import subprocess; late = subprocess.Popen('sleep 0.2; echo later', shell=True)");
    expect(await code.box.run('late.wait(); print("now")')).toBe('later\nnow\n');
  });

  it('lets runs wait for each other, and runs files of the host', async () => {
    const results = await Promise.all(
      ['turns = []', 'turns.append(1)', 'turns.append(2)', 'print(turns)'].map((line) => code.box.run(line)),
    );
    expect(results.at(-1)).toBe('[1, 2]\n');
    const directory = await mkdtemp(join(tmpdir(), 'boxlite-script-'));
    try {
      await writeFile(join(directory, 'script.py'), 'print("from a file")');
      expect(await code.box.runScript(join(directory, 'script.py'))).toBe('from a file\n');
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('refuses what there is not', async () => {
    await expect(code.box.installPackage('requests')).rejects.toMatchObject({ code: 'Unsupported' });
    await expect(code.box.execute('1', { timeoutSecs: -1 })).rejects.toMatchObject({ code: 'InvalidArgument' });
    expect(() => new CodeBox({ language: 'perl' as 'node' })).toThrow(BoxliteError);
  });

  it('fails for who waits when the Box is stopped', async () => {
    let stopped: Promise<void> | undefined;
    const running = code.box.execute("print('on')\nwhile True: pass", {
      onStdout: () => {
        stopped = code.box.stop();
      },
    });
    await expect(running).rejects.toMatchObject({ code: 'Stopped' });
    await stopped;
  });
});
