import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildWheel } from '../src/wheel.js';
import { root } from '../../setup/src/paths.js';

const run = promisify(execFile);

const HELLO = `
import boxlite.sync
with boxlite.sync.BoxliteRuntime.open() as runtime, runtime.create() as box:
    print(box.run("echo", ["hello"]).stdout, end="")
`;

const QUICK_START = [
  'hello from a VM',
  'hi 1',
  'hi 2',
  'hi 3',
  '0',
  'apple',
  'pear',
  String.raw`b'\x00\x01\x02'`,
  'data.bin 3',
  'non-zero-exit 3',
  'Execution command-not-found',
  'given up, and killed',
  '',
].join('\n');

describe('the wheel', () => {
  let directory: string;
  let wheel: string;
  /** Programs that are in PATH: Node.js alone. No QEMU, no npm, no checkout. */
  let programs: string;
  const python = (venv: string) => join(directory, venv, 'bin/python');

  const install = async (venv: string, requirement: string, ...options: string[]): Promise<void> => {
    await rm(join(directory, venv), { recursive: true, force: true });
    // The system's own, which other users may run as well.
    await run('/usr/bin/python3', ['-m', 'venv', '--without-pip', join(directory, venv)]);
    await run('python3', ['-m', 'pip', '--python', python(venv), 'install', '--quiet', ...options, requirement]);
  };

  const environment = async (name: string, path: string): Promise<NodeJS.ProcessEnv> => {
    const home = join(directory, name);
    await rm(home, { recursive: true, force: true });
    await mkdir(home);
    await chmod(home, 0o777);
    return { PATH: path, HOME: home };
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'boxlite-wheel-'));
    await chmod(directory, 0o755);
    wheel = await buildWheel(directory);
    programs = join(directory, 'bin');
    await mkdir(programs);
    await symlink(process.execPath, join(programs, 'node'));
    await install('venv', wheel, '--no-index');
  }, 600_000);
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('runs the quick starts where nothing but Node.js is installed', async () => {
    const env = await environment('home', programs);
    const tests = join(root, 'packages/python-bridge/tests');
    expect((await run(python('venv'), [join(tests, 'quick_start.py')], { env, cwd: directory })).stdout).toBe(QUICK_START);
    const { stdout } = await run(python('venv'), [join(tests, 'quick_start_sync.py')], { env, cwd: directory });
    expect(stdout).toBe('hello from a VM\na\nb\n');
    // It has all that a CodeBox sends into its Box.
    const program = "from boxlite.boxes._wire import keeper_program; print([keeper_program(name).command for name in ('python', 'node')])";
    expect((await run(python('venv'), ['-c', program], { env, cwd: directory })).stdout).toBe("['python3', 'node']\n");
  });

  (process.getuid?.() === 0 ? it : it.skip)('runs for a user who owns nothing of it', async () => {
    const env = await environment('users-home', programs);
    const as = ['--reuid=61000', '--regid=61000', '--clear-groups', '--inh-caps=-all', '--bounding-set=-all', '--no-new-privs'];
    const { stdout } = await run('/usr/bin/setpriv', [...as, python('venv'), '-c', HELLO], { env, cwd: '/' });
    expect(stdout).toBe('hello\n');
  });

  it('says what is missing without Node.js, and runs with that of PyPI', async () => {
    const env = await environment('home-of-extra', join(directory, 'no-programs'));
    await expect(run(python('venv'), ['-c', HELLO], { env, cwd: directory })).rejects.toThrow(/Node\.js is not there.*boxlite\[node\]/);
    await install('venv-with-node', `${wheel}[node]`);
    expect((await run(python('venv-with-node'), ['-c', HELLO], { env, cwd: directory })).stdout).toBe('hello\n');
  });
});
