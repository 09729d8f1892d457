import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { InteractiveBox } from '@boxlite/boxes';
import { useHome } from './support/home.js';

const SMALL = { memoryMib: 256 };

describe('InteractiveBox', () => {
  useHome();

  it('connects its streams with a shell in a terminal until that ends', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const shown = text(output);
    await using box = new InteractiveBox({ ...SMALL, tty: true, input, output, env: { GREETING: 'hello' } });
    await box.start();
    input.write('echo "$GREETING" from $(tty)\rexit 3\r');
    expect(await box.wait()).toMatchObject({ exitCode: 3 });
    output.end();
    expect(await shown).toMatch(/\r\nhello from \/dev\/pts\/\d+\r\n/);
    expect(input.listenerCount('data')).toBe(0);
  });

  it('gives the shell this terminal, and puts it back', async () => {
    const program = join(__dirname, 'support/shell-on-terminal.ts');
    const node = `'${process.execPath}' --import tsx --conditions @boxlite/source '${program}'`;
    // A terminal of its own, and how it is set before and after.
    const inTerminal = `stty rows 33 cols 77; stty -g; ${node}; stty -g`;
    const running = promisify(execFile)('script', ['--quiet', '--return', '--command', inTerminal, '/dev/null'], { timeout: 120_000 });
    running.child.stdin?.write('stty size; exit 4\r');
    const lines = (await running).stdout.split('\r\n').map((line) => line.trim());
    expect(lines).toContain('33 77');
    expect(lines).toContain('ended with 4');
    const settings = lines.filter((line) => /^[0-9a-f]+(:[0-9a-f]+){10,}$/.test(line));
    expect(settings).toHaveLength(2);
    expect(settings[1]).toBe(settings[0]);
  });

  it('leaves the shell to the program without a terminal', async () => {
    await using box = new InteractiveBox({ ...SMALL, shell: 'cat', tty: false });
    expect(() => box.execution).toThrow(expect.objectContaining({ code: 'InvalidState' }));
    await box.start();
    await box.execution.resize({ rows: 10, columns: 20 });
    box.execution.stdin.write('typed\r\x04');
    expect(await text(box.execution.stdout)).toBe('typed\r\ntyped\r\n');
    expect(await box.wait()).toMatchObject({ exitCode: 0 });
    expect((await box.exec('echo', 'beside')).stdout).toBe('beside\n');
  });

  it('fails for who waits when the Box is stopped', async () => {
    const box = new InteractiveBox({ ...SMALL, tty: false });
    await box.start();
    const waiting = box.wait().catch((error: unknown) => error);
    await box.stop();
    expect(await waiting).toBeDefined();
  });
});
