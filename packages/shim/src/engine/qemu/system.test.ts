import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory } from '../../testing/with-shim.js';
import { locateSystem } from './system.js';

const makeQemu = async (directory: string, output: string): Promise<string> => {
  const path = join(directory, 'qemu');
  await writeFile(path, `#!/bin/sh\n[ "$1" = --version ] && echo '${output}'\n`, { mode: 0o755 });
  return path;
};

describe('locateSystem', () => {
  it.each(['7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)', '7.2.0', '8.0', '10.0.3'])('takes QEMU %s', async (version) => {
    await using directory = await temporaryDirectory();
    const path = await makeQemu(directory.path, `QEMU emulator version ${version}`);
    expect(await locateSystem(path)).toMatchObject({ kind: 'system', version: version.split(' ')[0], path, program: path });
  });

  it.each([
    ['QEMU emulator version 6.2.0', 'engine-version'],
    ['QEMU emulator version 7.1.0', 'engine-version'],
    ['GNU bash, version 5.2', 'engine-version'],
    ['', 'engine-version'],
  ])('refuses what says %p', async (output, reason) => {
    await using directory = await temporaryDirectory();
    await expect(locateSystem(await makeQemu(directory.path, output))).rejects.toMatchObject({ code: 'UnsupportedEngine', reason });
  });

  it('refuses what cannot be run', async () => {
    await expect(locateSystem('/nonexistent/qemu')).rejects.toMatchObject({ code: 'UnsupportedEngine', reason: 'engine-missing' });
    await expect(locateSystem('qemu')).rejects.toMatchObject({ code: 'Config' });
  });
});
