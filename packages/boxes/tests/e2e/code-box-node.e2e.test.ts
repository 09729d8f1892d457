import { useCodeBox } from './support/code-box.js';

describe('a CodeBox with Node.js', () => {
  const code = useCodeBox({ memoryMib: 512, language: 'node' });

  it('gives what code prints, and keeps what it leaves', async () => {
    expect(await code.box.run("const x = 6; function double(n) { return 2 * n; }\nconsole.log('Hello, World!')")).toBe('Hello, World!\n');
    expect(await code.box.run("const later = await Promise.resolve(3);\nconsole.log(double(x), require('node:path').sep)")).toBe('12 /\n');
    expect(await code.box.execute("console.error('err'); ({ a: [1, later] })")).toMatchObject({
      stderr: 'err\n',
      value: { text: '{ a: [ 1, 3 ] }', json: { a: [1, 3] } },
      error: undefined,
      restarted: false,
    });
    expect((await code.box.execute('async function main() { return (await import("node:path")).sep }\nmain()')).value?.json).toBe('/');
    expect((await code.box.execute('10n')).value).toEqual({ text: '10n' });
    const { displays, pngs } = await code.box.execute("display({ 'text/html': '<b>' }, Buffer.from('89504e470d0a1a0a', 'hex'), 3)");
    expect(displays.map((each) => Object.keys(each))).toEqual([['text/html'], ['image/png'], ['text/plain']]);
    expect(pngs).toHaveLength(1);
  });

  it('gives errors with the code’s own frames', async () => {
    const { error } = await code.box.execute('function f() { null.a }\nf()');
    expect(error?.name).toBe('TypeError');
    expect(error?.traceback).toMatch(/^TypeError: .*\n {4}at f \(run \d+:1:\d+\)\n {4}at run \d+:2:1$/);
    expect((await code.box.execute('1 +')).error?.name).toBe('SyntaxError');
    expect((await code.box.execute("throw 'text'")).error?.message).toBe('text');
    const late = await code.box.execute("setTimeout(() => { throw new RangeError('late') }, 10); await new Promise(() => {})");
    expect(late.error).toMatchObject({ name: 'RangeError', message: 'late' });
    const unhandled = await code.box.execute("Promise.reject(new RangeError('unhandled')); await new Promise(() => {})");
    expect(unhandled.error?.message).toBe('unhandled');
    await expect(code.box.run('missing')).rejects.toMatchObject({ name: 'ExecError', stderr: expect.stringContaining('ReferenceError') });
  });

  it('interrupts code that takes too long, and kills what does not heed it', async () => {
    await code.box.run('var kept = 1');
    for (const endless of ['while (true);', 'await new Promise(() => {})', 'new Promise(() => {})']) {
      expect(await code.box.execute(endless, { timeoutSecs: 0.5 })).toMatchObject({
        timedOut: true,
        restarted: false,
        error: { name: 'Interrupted' },
      });
    }
    expect(await code.box.run('console.log(kept)')).toBe('1\n');
    const ignored = await code.box.execute(
      "process.removeAllListeners('SIGINT'); process.on('SIGINT', () => {}); await new Promise(() => {})",
      {
        timeoutSecs: 0.5,
      },
    );
    expect(ignored).toMatchObject({ timedOut: true, restarted: true, error: { name: 'InterpreterExited' } });
    expect(await code.box.run('console.log(typeof kept)')).toBe('undefined\n');
  });

  it.each([
    ['process.exit', 'process.exit()', { restarted: true, error: undefined }],
    ['with a code', 'process.exit(3)', { restarted: true, error: { name: 'InterpreterExited', message: expect.stringContaining('3') } }],
    ['a crash', 'process.abort()', { restarted: true, error: { name: 'InterpreterExited' } }],
    ['what writes is something else', 'JSON.stringify = null; JSON.parse = null; 1', { value: { json: 1 } }],
    ['stdin is closed', "require('node:fs').closeSync(0)", {}],
    ['fd 1 is written to', "require('node:fs').writeSync(1, 'raw\\n')", { stdout: 'raw\n' }],
    ['much is printed at the end', "console.log('x'.repeat(1_000_000))", { stdout: expect.stringMatching(/^x{1000000}\n$/) }],
    [
      'nonsense is said in its name',
      "require('node:fs').writeSync(3, 'nonsense'.repeat(100)); await new Promise(() => {})",
      { restarted: true },
    ],
  ] as const)('goes on after: %s', async (_what, hostile, expected) => {
    expect(await code.box.execute(hostile)).toMatchObject(expected);
    expect((await code.box.execute("process.stdout.write('fine')")).stdout).toBe('fine');
  });

  it('keeps a part of output without end', async () => {
    const flood = await code.box.execute("for (;;) console.log('x'.repeat(10_000))", { timeoutSecs: 1, maxOutput: 100_000 });
    expect(flood).toMatchObject({ timedOut: true, truncated: true });
    expect(flood.stdout).toHaveLength(100_000);
    expect((await code.box.execute("process.stdout.write('fine')")).stdout).toBe('fine');
  });
});
