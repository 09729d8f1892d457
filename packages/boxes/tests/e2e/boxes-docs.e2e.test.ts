import { BoxliteError, CodeBox, ExecError, SimpleBox, TimeoutError } from '@boxlite/boxes';
import { JsBoxlite } from '@boxlite/boxes/compat';
import { codeImage } from '@boxlite/testbed';
import { useHome } from './support/home.js';

/** The snippets of docs/boxes.md. */
describe('the page of the boxes', () => {
  useHome();

  const said: unknown[] = [];
  const log = jest.spyOn(console, 'log').mockImplementation((...words: unknown[]) => void said.push(...words));
  beforeEach(() => said.splice(0));
  afterAll(() => log.mockRestore());

  it('simple', async () => {
    // #region simple
    await using box = new SimpleBox({ memoryMib: 256, env: { GREETING: 'hello' } });

    const { exitCode, stdout } = await box.exec('sh', '-c', 'echo "$GREETING from $(uname -s)"');
    console.log(exitCode, stdout);

    const sorted = await box.exec('sort', [], {}, { stdin: 'pear\napple\n', timeoutSecs: 10 });
    console.log(sorted.stdout);
    // #endregion
    expect(said).toEqual([0, 'hello from Linux\n', 'apple\npear\n']);
  });

  it('code', async () => {
    const { layout } = await codeImage();
    // #region code
    await using box = new CodeBox({ rootfsPath: layout, memoryMib: 384 });

    await box.run('data = [3, 1, 2]');
    console.log(await box.run('print(sorted(data))')); // [1, 2, 3]

    const result = await box.execute('print("summing")\n{"sum": sum(data)}', { timeoutSecs: 10 });
    console.log(result.stdout, result.value?.text, result.value?.json);
    // #endregion
    expect(said).toEqual(['[1, 2, 3]\n', 'summing\n', "{'sum': 6}", { sum: 6 }]);

    // #region errors
    const failed = await box.execute('1 / 0');
    console.log(failed.error?.name, failed.error?.traceback);

    const late = await box.execute('while True: pass', { timeoutSecs: 0.5 });
    console.log(late.timedOut, late.restarted); // interrupted, and data is still there

    try {
      await box.run('import sys; sys.exit(3)');
    } catch (error) {
      if (error instanceof TimeoutError) console.log('took too long');
      else if (error instanceof ExecError) console.log(error.exitCode, error.stderr);
      else if (error instanceof BoxliteError) console.log(error.code);
    }
    // #endregion
    expect(said.slice(4)).toEqual([
      'ZeroDivisionError',
      expect.stringContaining('division by zero'),
      true,
      false,
      1,
      expect.stringContaining('SystemExit: 3'),
    ]);
  });

  it('shown', async () => {
    const { layout } = await codeImage();
    // #region shown
    await using box = new CodeBox({ rootfsPath: layout, language: 'node', memoryMib: 512 });

    const result = await box.execute(`
      console.log('drawing');
      display({ 'image/svg+xml': '<svg/>', 'text/plain': 'a picture' });
      await Promise.resolve([1, 2])`);
    for (const display of result.displays) console.log(Object.keys(display));
    console.log(result.value?.json);
    // #endregion
    expect(said).toEqual([
      ['image/svg+xml', 'text/plain'],
      [1, 2],
    ]);
  });

  it('compat', async () => {
    // #region compat
    const runtime = JsBoxlite.withDefaultConfig(); // of '@boxlite/boxes/compat'
    const box = await runtime.create({ memoryMib: 256 }, 'demo');

    const execution = await box.exec('echo', ['as before']);
    const stdout = await execution.stdout();
    for (let line = await stdout.next(); line !== null; line = await stdout.next()) console.log(line);
    console.log((await execution.wait()).exitCode, (await box.info()).state.status);
    await box.stop();
    // #endregion
    await runtime.shutdown();
    expect(said).toEqual(['as before\n', 0, 'running']);
  });
});
