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
const program = join(__dirname, '../boxes.py');

let home: string;
let env: NodeJS.ProcessEnv;
let layout: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'boxlite-python-'));
  env = pythonEnvironment(home);
  layout = (await codeImage()).layout;
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

it.each(['async', 'sync'])('SimpleBox and CodeBox, %s', async (mode) => {
  const options = { env, timeout: LIMIT_MS, killSignal: 'SIGKILL' } as const;
  expect(await runFile('python3', [program, mode, layout], options)).toEqual({ stdout: '', stderr: '' });
});

it('the snippets of their page', async () => {
  const options = { env, timeout: LIMIT_MS, killSignal: 'SIGKILL' } as const;
  const { stdout } = await runFile('python3', [join(__dirname, '../boxes_docs.py'), layout], options);
  const said = ['0 hello from Linux', '[1, 2, 3]', 'summing', "{'sum': 6} 6", 'ZeroDivisionError', 'as before', '0 running', 'no asyncio'];
  expect(stdout.trim().split('\n')).toEqual(said);
});

it('InteractiveBox has this terminal, and puts it back', async () => {
  const inTerminal = `stty rows 33 cols 77; stty -g; python3 '${program}' terminal; stty -g`;
  const running = runFile('script', ['--quiet', '--return', '--command', inTerminal, '/dev/null'], { env, timeout: LIMIT_MS });
  running.child.stdin?.write('stty size; exit 4\r');
  const lines = (await running).stdout.split('\r\n').map((line) => line.trim());
  expect(lines).toContain('33 77');
  expect(lines).toContain('ended with 4');
  const settings = lines.filter((line) => /^[0-9a-f]+(:[0-9a-f]+){10,}$/.test(line));
  expect(settings).toHaveLength(2);
  expect(settings[1]).toBe(settings[0]);
});
