import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { codeImage } from '@boxlite/testbed';
import { pythonEnvironment } from './support/environment.js';

/** What hangs is ended, so that it does not keep the home from the next test. */
const LIMIT_MS = 170_000;
const runFile = promisify(execFile);
const program = (name: string): string => join(__dirname, '..', `${name}.py`);

describe('programs for the original BoxLite', () => {
  let home: string;
  let options: { env: NodeJS.ProcessEnv; timeout: number; killSignal: 'SIGKILL' };
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'boxlite-python-'));
    options = { env: pythonEnvironment(home), timeout: LIMIT_MS, killSignal: 'SIGKILL' };
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  const parts = ['streams', 'lifecycle', 'clones', 'copies', 'simple_boxes', 'code', 'refused', 'volumes', 'homes'];
  it.each(parts)('with asyncio: %s', async (part) => {
    const { layout } = await codeImage();
    expect(await runFile('python3', [program('compat'), part, layout], options)).toEqual({ stdout: '', stderr: '' });
  });

  it('without asyncio', async () => {
    const { layout } = await codeImage();
    expect(await runFile('python3', [program('compat_sync'), layout], options)).toEqual({ stdout: '', stderr: '' });
  });

  it('a Box that one process leaves and another finds', async () => {
    const args = [program('compat_processes'), join(home, 'shared')];
    expect(await runFile('python3', args, options)).toEqual({ stdout: '', stderr: '' });
  });

  it('InteractiveBox has this terminal, and puts it back', async () => {
    const inTerminal = `stty rows 33 cols 77; stty -g; python3 '${program('compat_terminal')}'; stty -g`;
    const running = runFile('script', ['--quiet', '--return', '--command', inTerminal, '/dev/null'], options);
    running.child.stdin?.write('stty size; echo "$GREETING"; exit\r');
    const lines = (await running).stdout.split('\r\n').map((line) => line.trim());
    expect(lines).toEqual(expect.arrayContaining(['33 77', 'hello from the shell', 'the shell has ended']));
    const settings = lines.filter((line) => /^[0-9a-f]+(:[0-9a-f]+){10,}$/.test(line));
    expect(settings).toHaveLength(2);
    expect(settings[1]).toBe(settings[0]);
  });
});
