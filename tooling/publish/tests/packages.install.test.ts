import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { faultsOf, packAll, type Packed } from '../src/pack.js';
import { root } from '../../setup/src/paths.js';
import { startRegistry, type Registry } from './registry.js';

const run = promisify(execFile);

const QUICK_START = `
const runtime = await BoxliteRuntime.open();
const box = await runtime.create({ memoryMib: 256 });
const { stdout, exitCode } = await box.run('echo', ['hello']);
console.log(JSON.stringify({ stdout, exitCode }));
await box.remove({ force: true });
await runtime.close();
`;
const SAID = '{"stdout":"hello\\n","exitCode":0}\n';

describe('what is published', () => {
  let directory: string;
  let registry: Registry;
  let packed: Packed[];
  /** For package managers: this machine's own settings, with our registry before its own. */
  let settings: NodeJS.ProcessEnv;
  /** As on a machine that has Node.js and nothing else of ours: no QEMU, no checkout, no tools, a home of its own. */
  let environment: NodeJS.ProcessEnv;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'boxlite-publish-'));
    const archives = join(directory, 'archives');
    await mkdir(archives);
    packed = await packAll(archives);
    registry = await startRegistry(packed);

    const programs = join(directory, 'bin');
    await mkdir(programs);
    await symlink(process.execPath, join(programs, 'node'));
    environment = { PATH: `${programs}:/usr/bin:/bin`, HOME: directory, NO_COLOR: '1' };
    settings = { ...process.env, npm_config_registry: registry.url, npm_config_cache: join(directory, 'cache') };
  }, 600_000);
  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  const project = async (name: string, manifest: object = {}): Promise<string> => {
    const path = join(directory, name);
    // A second try begins anew.
    await rm(path, { recursive: true, force: true });
    await mkdir(path);
    await writeFile(join(path, 'package.json'), JSON.stringify({ name, private: true, ...manifest }));
    return path;
  };
  const npm = (cwd: string, ...args: string[]) =>
    run('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd, env: settings });
  const node = async (cwd: string, ...args: string[]): Promise<string> => (await run('node', args, { cwd, env: environment })).stdout;

  it('holds what users need, and no more than 30 MB', () => {
    expect(packed.flatMap(faultsOf)).toEqual([]);
    expect(packed.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(30e6);
  });

  it('runs a Box after `npm install @boxlite/core`: as ESM, as CommonJS, and typed', async () => {
    const path = await project('with-npm');
    await npm(path, 'install', '@boxlite/core', '@types/node@20');
    await writeFile(join(path, 'esm.mjs'), `import { BoxliteRuntime } from '@boxlite/core';\n${QUICK_START}`);
    expect(await node(path, 'esm.mjs')).toBe(SAID);
    await writeFile(join(path, 'cjs.cjs'), `const { BoxliteRuntime } = require('@boxlite/core');\n(async () => {${QUICK_START}})();`);
    expect(await node(path, 'cjs.cjs')).toBe(SAID);

    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    for (const [file, module, moduleResolution] of [
      ['esm.mts', 'node16', 'node16'],
      ['cjs.cts', 'node16', 'node16'],
      ['bundled.ts', 'esnext', 'bundler'],
    ] as const) {
      const body = file === 'cjs.cts' ? `void (async () => {${QUICK_START}})();` : QUICK_START;
      await writeFile(
        join(path, file),
        `import { BoxliteRuntime } from '@boxlite/core';\n${body}${file === 'bundled.ts' ? 'export {};' : ''}`,
      );
      const options = [
        '--module',
        module,
        '--moduleResolution',
        moduleResolution,
        '--target',
        'es2022',
        '--lib',
        'es2023,esnext.disposable',
      ];
      await node(path, tsc, '--noEmit', '--strict', '--types', 'node', ...options, file);
    }
  });

  it('runs a SimpleBox after `npm install @boxlite/boxes`, and has what a CodeBox sends into its Box', async () => {
    const path = await project('with-boxes');
    await npm(path, 'install', '@boxlite/boxes');
    const program = `
const box = new SimpleBox({ memoryMib: 256 });
const { stdout, exitCode } = await box.exec('echo', 'hello');
console.log(JSON.stringify({ stdout, exitCode }));
// With other names, but with the same runtime: a home has only one.
const compat = await JsBoxlite.withDefaultConfig().create({ memoryMib: 256 });
console.log((await (await compat.exec('true')).wait()).exitCode);
await compat.stop();
await box.stop();
const python = new CodeBox({ image: 'boxlite.local/busybox:latest' });
const { code, reason } = await python.execute('1').catch((error) => error);
await python.stop();
console.log(code, reason);
`;
    // The embedded image has no Python, and says so.
    const said = `${SAID}0\nExecution command-not-found\n`;
    await writeFile(
      join(path, 'esm.mjs'),
      `import { CodeBox, SimpleBox } from '@boxlite/boxes';\nimport { JsBoxlite } from '@boxlite/boxes/compat';\n${program}`,
    );
    expect(await node(path, 'esm.mjs')).toBe(said);
    await writeFile(
      join(path, 'cjs.cjs'),
      `const { CodeBox, SimpleBox } = require('@boxlite/boxes');\nconst { JsBoxlite } = require('@boxlite/boxes/compat');\n(async () => {${program}})();`,
    );
    expect(await node(path, 'cjs.cjs')).toBe(said);
  });

  it('runs a Box after `pnpm add @boxlite/core`', async () => {
    const path = await project('with-pnpm', { type: 'module' });
    // pnpm fails where a package has a script to run that nobody has decided on: there must be none.
    // pnpm takes its registry from an option, or from .npmrc, but not from npm's variable.
    const options = ['--reporter=append-only', `--registry=${registry.url}`, `--store-dir=${join(directory, 'store')}`];
    await run('pnpm', ['add', '@boxlite/core', ...options], { cwd: path, env: settings });
    await writeFile(join(path, 'esm.js'), `import { BoxliteRuntime } from '@boxlite/core';\n${QUICK_START}`);
    expect(await node(path, 'esm.js')).toBe(SAID);
  });

  it('has the command `boxlite`', async () => {
    const prefix = join(directory, 'global');
    await npm(directory, 'install', '--global', '--prefix', prefix, '@boxlite/cli');
    const { stdout } = await run(join(prefix, 'bin/boxlite'), ['run', '--rm', '--', 'echo', 'hi'], { env: environment });
    expect(stdout).toBe('hi\n');
  });

  it('says what is missing when optional dependencies were left out', async () => {
    const path = await project('without-binaries');
    await npm(path, 'install', '--omit=optional', '@boxlite/core');
    await writeFile(join(path, 'esm.mjs'), `import { BoxliteRuntime } from '@boxlite/core';\n${QUICK_START}`);
    await expect(node(path, 'esm.mjs')).rejects.toThrow(
      /BoxliteError: the package @boxlite\/vmm-linux-x64-gnu is not installed.*optional dependencies/,
    );
  });
});
