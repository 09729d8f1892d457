import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../setup/src/paths.js';

/** What a Box needs on Linux on x64, besides JavaScript. */
const PLATFORM = ['engine-linux-x64', 'guest-x64', 'shim-linux-x64', 'vmm-linux-x64-gnu'];

/**
 * Builds the Python SDK's wheel with the bridge and the binaries of this platform in it. Node.js is not: programs of Python find it in PATH,
 * or take it from PyPI.
 *
 * @param directory - where to; an older wheel there is removed
 * @returns the wheel's path.
 */
export const buildWheel = async (directory: string): Promise<string> => {
  const staging = join(directory, 'wheel.staging');
  const bridge = join(staging, 'src/boxlite/_bundle/bridge');
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  try {
    const sdk = join(root, 'packages/python-bridge');
    for (const name of ['pyproject.toml', 'hatch_build.py', 'README.md']) await cp(join(sdk, name), join(staging, name));
    await cp(join(sdk, 'src'), join(staging, 'src'), {
      recursive: true,
      dereference: true,
      filter: (path) => !path.endsWith('__pycache__'),
    });
    await cp(join(root, 'LICENSE'), join(staging, 'LICENSE'));

    await cp(join(root, 'packages/bridge/dist'), join(bridge, 'dist'), {
      recursive: true,
      filter: (path) => !/\.(map|d\.ts)$/.test(path),
    });
    await cp(join(root, 'packages/bridge/package.json'), join(bridge, 'package.json'));
    for (const name of PLATFORM) {
      // Without what version control and package managers keep there.
      await cp(join(root, 'platform', name), join(bridge, 'node_modules/@boxlite', name), {
        recursive: true,
        filter: (path) => !path.endsWith('node_modules') || path.endsWith('bridge/node_modules'),
      });
    }
    for (const file of await readdir(directory)) if (file.endsWith('.whl')) await rm(join(directory, file));
    await promisify(execFile)('python3', ['-m', 'pip', 'wheel', '--quiet', '--no-deps', '--wheel-dir', directory, staging]);
    const wheel = (await readdir(directory)).find((file) => file.endsWith('.whl'));
    if (wheel === undefined) throw new Error(`pip has made no wheel in ${directory}`);
    return join(directory, wheel);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
};
