import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { gone } from '@boxlite/testbed';

/** What hangs is ended, so that it does not keep the home from the next test. */
const LIMIT_MS = 170_000;
/** All scenarios are one program, which does more than any other here. */
const SCENARIOS_LIMIT_MS = 600_000;
const runFile = promisify(execFile);

const root = join(__dirname, '../..');
const tests = join(root, 'tests');
const examples = join(root, '../../examples/c');
const scenarios = join(root, '../bridge/tests/scenarios');
const layout = join(root, '../core/assets/images/busybox');
/** Where set-up has installed the library: the tests see of it what a user has. */
const prefix = join(root, 'dist');
const WARNINGS = ['-Wall', '-Wextra', '-Wpedantic', '-Werror', '-g'];

let home: string;
let env: NodeJS.ProcessEnv;

const run = async (
  program: string,
  args: readonly string[] = [],
  options: { env?: NodeJS.ProcessEnv; timeout?: number } = {},
): Promise<string> => (await runFile(program, args, { env, timeout: LIMIT_MS, killSignal: 'SIGKILL', ...options })).stdout;

const pkgConfig = async (...flags: string[]): Promise<string[]> => (await run('pkg-config', [...flags, 'boxlite'])).trim().split(/\s+/);

/** Compiles a program of the tests as pkg-config says. */
const compile = async (name: string, ...flags: string[]): Promise<string> => {
  const program = join(home, name);
  const library = await pkgConfig('--cflags', '--libs');
  await run('gcc', ['-std=gnu11', ...WARNINGS, ...flags, join(tests, `${name}.c`), '-o', program, ...library, '-pthread']);
  return program;
};

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'boxlite-c-'));
  env = {
    ...process.env,
    BOXLITE_HOME: join(home, 'home'),
    BOXLITE_NODE: process.execPath,
    BOXLITE_BRIDGE: join(root, '../bridge/dist/main.js'),
    LD_LIBRARY_PATH: join(prefix, 'lib'),
    PKG_CONFIG_PATH: join(prefix, 'lib/pkgconfig'),
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONUNBUFFERED: '1',
  };
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('what is installed', () => {
  it('shows the functions of the header and nothing else, each with the version of its interface', async () => {
    const header = readFileSync(join(prefix, 'include/boxlite/boxlite.h'), 'utf8');
    const declared = [...header.matchAll(/^BOXLITE_API .*?\b(boxlite_\w+)\(/gm)].map(([, name]) => name);
    const symbols = (await run('nm', ['--dynamic', '--defined-only', join(prefix, 'lib/libboxlite.so')])).trim().split('\n');
    const functions = symbols.filter((line) => / T /.test(line)).map((line) => line.replace(/^.* T /, ''));
    expect(functions.sort()).toEqual(declared.map((name) => `${name}@@BOXLITE_0`).sort());
    expect(await run('readelf', ['--dynamic', join(prefix, 'lib/libboxlite.so')])).toContain('soname: [libboxlite.so.0]');
  });

  it.each([
    ['gcc', 'c', 'c99'],
    ['gcc', 'c', 'c11'],
    ['g++', 'c++', 'c++17'],
  ])('has a header that %s takes as %s of the standard %s without a warning', async (compiler, language, standard) => {
    const header = join(prefix, 'include/boxlite/boxlite.h');
    await run(compiler, ['-x', language, `-std=${standard}`, ...WARNINGS, '-fsyntax-only', '-include', header, '/dev/null']);
  });
});

describe('the examples, built by CMake', () => {
  let build: string;

  beforeAll(async () => {
    build = join(home, 'build');
    mkdirSync(build);
    const flags = WARNINGS.join(' ');
    const options = [`-DCMAKE_PREFIX_PATH=${prefix}`, `-DCMAKE_C_FLAGS=${flags}`, `-DCMAKE_CXX_FLAGS=${flags}`];
    await run('cmake', ['-S', examples, '-B', build, ...options]);
    await run('cmake', ['--build', build]);
  });

  it.each([
    ['hello', [], 'hello from a VM\n'],
    ['hello_cpp', [], 'hello from a VM\n'],
    ['hello_static', [], 'hello from a VM\n'],
    ['streaming', [], 'hi 1\nhi 2\nhi 3\nexit code 0\napple\npear\n'],
    ['pty', [], /^50 132\r$/m],
    ['snapshot', [], 'snapshot before, with memory\nprecious\nin memory\n'],
    ['agent_tool', ['echo hi; ls /nope', 'sleep 60'], /exit code: 1\noutput:\nhi\nerrors:\nls: .*\ntook too long\n/],
  ])('%s', async (name, args, expected) => {
    expect(await run(join(build, name), args)).toMatch(expected);
  });

  it('files', async () => {
    const { length } = readFileSync(__filename);
    expect(await run(join(build, 'files'), [__filename])).toBe(`3 bytes\ndata.bin 3\n${length} bytes copied\n`);
  });

  it('clone', async () => {
    const lines = (await run(join(build, 'clone'))).trim().split('\n');
    expect(lines).toEqual([0, 1, 2].map((n) => `${n}: prepared by the parent`));
  });

  it('say what is missing', async () => {
    const nowhere = { ...env, BOXLITE_BRIDGE: undefined, PATH: home };
    await expect(run(join(build, 'hello'), [], { env: nowhere })).rejects.toMatchObject({
      stderr: expect.stringContaining('npm install --global @boxlite/bridge'),
    });
    const wrong = { ...env, BOXLITE_BRIDGE: '/nowhere' };
    await expect(run(join(build, 'hello'), [], { env: wrong })).rejects.toMatchObject({
      stderr: expect.stringContaining('BOXLITE_BRIDGE is /nowhere'),
    });
  });
});

it(
  'the scenarios that all languages share, through ctypes',
  async () => {
    const stdout = await run('python3', [join(tests, 'scenarios.py'), prefix, scenarios, layout], { timeout: SCENARIOS_LIMIT_MS });
    const results = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { name: string; failure: string | null });
    expect(results.filter(({ failure }) => failure !== null)).toEqual([]);
    const all = readdirSync(scenarios)
      .filter((file) => file.endsWith('.json'))
      .sort()
      .flatMap((file) => JSON.parse(readFileSync(join(scenarios, file), 'utf8')) as { name: string }[]);
    expect(results.map(({ name }) => name)).toEqual(all.map(({ name }) => name));
  },
  SCENARIOS_LIMIT_MS,
);

describe('calls in both styles and in many threads', () => {
  const SAID = [
    '0.1.0 0',
    'label: 12',
    '1 Execution command-not-found',
    'InvalidArgument -',
    'InvalidArgument -',
    'InvalidArgument -',
    'so far',
    'Execution non-zero-exit',
    'given up, and killed',
    'Aborted -',
    'callbacks: 1048576 bytes, exit code 0',
    'wc: 3000000',
    'InvalidArgument data-failed',
    'NotFound ENOENT',
    '8 threads',
    'event: create',
    'Stopped -',
    'Stopped -',
    'no error -',
    'progress: told',
    '',
  ].join('\n');

  it('end as they should', async () => {
    expect(await run(await compile('calls'))).toBe(SAID);
  });

  it('neither leak nor touch what is not theirs, under valgrind', async () => {
    const program = await compile('calls');
    const checks = ['--quiet', '--leak-check=full', '--errors-for-leak-kinds=definite,indirect', '--show-leak-kinds=definite,indirect'];
    expect(await run('valgrind', [...checks, '--error-exitcode=99', program])).toBe(SAID);
  });

  it('nor with the sanitizers for addresses, leaks and undefined behaviour', async () => {
    const program = join(home, 'calls_sanitized');
    const library = ['-I', join(prefix, 'include'), join(prefix, 'lib/libboxlite.a'), '-lgcc_s', '-pthread', '-ldl', '-lm'];
    await run('gcc', ['-std=gnu11', '-g', '-fsanitize=address,undefined', join(tests, 'calls.c'), '-o', program, ...library]);
    expect(await run(program)).toBe(SAID);
  });
});

it('a program that is forked has children that are refused, and is not disturbed by them', async () => {
  const own = mkdtempSync(join(home, 'own-'));
  const { stdout, stderr } = await runFile(await compile('fork'), [own], { env, timeout: LIMIT_MS, killSignal: 'SIGKILL' });
  const refused = Array<string>(6).fill('Unsupported forked');
  const child = [...refused, 'the runtime was opened in another process', 'source: done', 'no error -', 'no error -', '0 Boxes of its own'];
  expect(stdout.trim().split('\n')).toEqual([...child, 'child: 0', 'parent', 'parent', 'no error -', 'child lives']);
  expect(stderr).toBe('');
});

describe('in the middle of a stream', () => {
  it('a bridge that is killed is an error at once, takes its Box with it, and another can be had', async () => {
    const [pids = '', ...said] = (await run(await compile('kill'), ['bridge'])).trim().split('\n');
    expect(said).toEqual(['RpcTransport bridge-lost', 'RpcTransport bridge-lost', 'RpcTransport bridge-lost']);
    await Promise.all(pids.split(' ').map((pid) => gone(Number(pid))));
  });

  it('a Box that is killed is an error at once', async () => {
    const [pids = '', ...said] = (await run(await compile('kill'), ['box'])).trim().split('\n');
    expect(said).toEqual(['Engine vm-died', 'Engine vm-died', 'no error -']);
    await Promise.all(pids.split(' ').map((pid) => gone(Number(pid))));
  });

  it('who writes to a command whose Box is killed is told of that', async () => {
    const [pids = '', written, waited] = (await run(await compile('kill'), ['stdin'])).trim().split('\n');
    expect(written).not.toMatch(/stream-closed|no error/);
    expect(waited).toBe(written);
    await Promise.all(pids.split(' ').map((pid) => gone(Number(pid))));
  });

  it('a program that is killed leaves neither bridge nor Box', async () => {
    const program = spawn(await compile('kill'), ['wait'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(program, 'exit');
    const [pids] = (await once(createInterface(program.stdout), 'line')) as [string];
    program.kill('SIGKILL');
    await ended;
    await Promise.all(pids.split(' ').map((pid) => gone(Number(pid))));
  });
});
