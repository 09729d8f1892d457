import { temporaryHome } from './support/boxes.js';

describe('the example of the README', () => {
  it('does what it says', async () => {
    await using home = await temporaryHome();
    const before = process.env['BOXLITE_HOME'];
    process.env['BOXLITE_HOME'] = home.path;
    const log = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    const stdout = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
    try {
      const example = async (): Promise<void> => {
        const { BoxliteRuntime } = await import('@boxlite/core');
        // #region hello
        await using runtime = await BoxliteRuntime.open();
        await using box = await runtime.create({ memoryMib: 256 }); // nothing is pulled or booted yet

        const { stdout, exitCode } = await box.run('sh', ['-c', 'echo "hello from $(uname -sr)"']);
        console.log(exitCode, stdout);

        const execution = await box.exec('sort', ['-n'], { stdin: '3\n1\n2\n' });
        for await (const chunk of execution.stdout) process.stdout.write(chunk as Buffer);
        console.log(await execution.wait());
        // #endregion
      };
      await example();
      expect(log.mock.calls[0]).toEqual([0, expect.stringMatching(/^hello from Linux 6\./)]);
      expect(Buffer.concat(stdout.mock.calls.map(([chunk]) => chunk as Buffer)).toString()).toBe('1\n2\n3\n');
      expect(log.mock.calls[1]?.[0]).toMatchObject({ exitCode: 0, signal: null, timedOut: false });
    } finally {
      log.mockRestore();
      stdout.mockRestore();
      if (before === undefined) delete process.env['BOXLITE_HOME'];
      else process.env['BOXLITE_HOME'] = before;
    }
  });
});
