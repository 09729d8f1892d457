import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { gone } from '@boxlite/testbed';
import { pythonEnvironment } from './support/environment.js';

/** What hangs is ended, so that it does not keep the home from the next test. */
const LIMIT_MS = 170_000;
const runFile = promisify(execFile);
const run = (program: string, args: readonly string[], options: { env?: NodeJS.ProcessEnv } = {}) =>
  runFile(program, args, { ...options, timeout: LIMIT_MS, killSignal: 'SIGKILL' });

const root = join(__dirname, '../..');
const tests = join(root, 'tests');
const scenarios = join(root, '../bridge/tests/scenarios');
const layout = join(root, '../core/assets/images/busybox');

let home: string;
let env: NodeJS.ProcessEnv;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'boxlite-python-'));
  env = pythonEnvironment(home);
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

it.each(['async', 'sync'])('the scenarios that all languages share, %s', async (mode) => {
  const { stdout } = await run('python3', [join(tests, 'scenarios.py'), mode, scenarios, layout], { env });
  const results = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { name: string; skipped: boolean; failure: string | null });
  expect(results.filter(({ failure }) => failure !== null)).toEqual([]);
  const all = readdirSync(scenarios)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .flatMap((file) => JSON.parse(readFileSync(join(scenarios, file), 'utf8')) as { name: string; cancels?: boolean }[]);
  // Without asyncio there is no task whose waiting could be cancelled.
  const expected = all.map(({ name, cancels = false }) => ({ name, skipped: cancels && mode === 'sync' }));
  expect(results.map(({ name, skipped }) => ({ name, skipped }))).toEqual(expected);
});

describe.each(['async', 'sync'])('in the middle of a stream, %s', (mode) => {
  const lines = async (what: string): Promise<string[]> =>
    (await run('python3', [join(tests, 'kill.py'), mode, what], { env })).stdout.trim().split('\n');
  /** Two seconds are promised; the bound has room for a busy machine. */
  const SOON_SECONDS = 10;
  /** Nothing of it is left: no process, no socket, no lock of the home. */
  const leavesNothing = async (pids: string): Promise<void> => {
    await Promise.all(pids.split(' ').map((pid) => gone(Number(pid))));
    const after = `import boxlite.sync
with boxlite.sync.BoxliteRuntime.open() as runtime: print([box.status for box in runtime.list()], flush=True)`;
    expect((await run('python3', ['-c', after], { env })).stdout).toBe('[]\n');
    const standby = join(home, 'home/standby');
    expect(existsSync(standby) ? readdirSync(standby) : []).toEqual([]);
  };

  it('a bridge that is killed is an error at once, and takes its Box with it', async () => {
    const [pids = '', ...said] = await lines('bridge');
    expect(said).toEqual(['RpcTransport bridge-lost', 'RpcTransport bridge-lost', said[2], 'RpcTransport bridge-lost']);
    expect(Number(said[2])).toBeLessThan(SOON_SECONDS);
    await leavesNothing(pids);
  });

  it('a Box that is killed is an error at once', async () => {
    const [pids = '', ...said] = await lines('box');
    expect(said.slice(0, 2)).toEqual(['Engine vm-died', 'Engine vm-died']);
    expect(Number(said[2])).toBeLessThan(SOON_SECONDS);
    await leavesNothing(pids);
  });

  it('a program that is killed leaves neither bridge nor Box', async () => {
    const program = spawn('python3', [join(tests, 'kill.py'), mode, 'wait'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(program, 'exit');
    const [pids] = (await once(createInterface(program.stdout), 'line')) as [string];
    program.kill('SIGKILL');
    await ended;
    await leavesNothing(pids);
  });
});
