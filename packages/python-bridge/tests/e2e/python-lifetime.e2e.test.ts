import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pythonEnvironment } from './support/environment.js';

/** What hangs is ended, so that it does not keep the home from the next test. */
const LIMIT_MS = 170_000;
const runFile = promisify(execFile);
const tests = join(__dirname, '..');

let home: string;
const run = async (...args: string[]): Promise<string[]> => {
  const { stdout } = await runFile('python3', args, { env: pythonEnvironment(home), timeout: LIMIT_MS, killSignal: 'SIGKILL' });
  return stdout.trim().split('\n');
};

beforeAll(() => (home = mkdtempSync(join(tmpdir(), 'boxlite-python-'))));
afterAll(() => rmSync(home, { recursive: true, force: true }));

it.each(['async', 'sync'])('what is closed can be closed again, and refuses everything else, %s', async (mode) => {
  const said = await run(join(tests, 'close.py'), mode);
  expect(said).toEqual(Array<unknown>(4).fill('Stopped None: the runtime is closed; open another'));
});

describe.each(['async', 'sync'])('a program that is forked, %s', (mode) => {
  const CHILD = [...Array<string>(5).fill('Unsupported forked says how'), 'of its own: []'];
  const LEFT = mode === 'sync' ? ['child lives: True'] : [];

  it('has children that are refused, and is not disturbed by them', async () => {
    const said = await run(join(tests, 'fork.py'), mode);
    expect(said).toEqual([...CHILD, 'forked: 0', ...CHILD, 'multiprocessing: 0', "b'parent\\n' parent", ...LEFT]);
  });
});

it.each(['async', 'sync'])('who writes to a command that is gone is told why, %s', async (mode) => {
  const [ended, died, waited] = await run(join(tests, 'stdin.py'), mode);
  expect(ended).toBe('InvalidState stream-closed True');
  // That of the Box, which is what waiting for the command fails with.
  expect(died).toMatch(/ False$/);
  expect(waited).toBe(died);
});
