import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { enginePreload } from '../../assets.js';
import { temporaryDirectory } from '../../testing/with-shim.js';
import { locateSystem } from './system.js';

const makeQemu = async (directory: string, output: string): Promise<string> => {
  const path = join(directory, 'qemu');
  await writeFile(path, `#!/bin/sh\n[ "$1" = --version ] && echo '${output}'\n`, { mode: 0o755 });
  return path;
};

describe('locateSystem', () => {
  const warnings: string[] = [];
  let warn: jest.SpyInstance;

  beforeEach(() => {
    warnings.length = 0;
    warn = jest.spyOn(process, 'emitWarning').mockImplementation((text) => void warnings.push(String(text)));
  });

  afterEach(() => {
    warn.mockRestore();
  });

  it.each(['7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)', '7.2.0', '8.0', '10.0.3'])('takes QEMU %s', async (version) => {
    await using directory = await temporaryDirectory();
    const path = await makeQemu(directory.path, `QEMU emulator version ${version}`);
    expect(await locateSystem(path, enginePreload())).toMatchObject({
      kind: 'system',
      version: version.split(' ')[0],
      path,
      program: path,
    });
  });

  it.each([
    ['QEMU emulator version 6.2.0', 'engine-version'],
    ['QEMU emulator version 7.1.0', 'engine-version'],
    ['GNU bash, version 5.2', 'engine-version'],
    ['', 'engine-version'],
  ])('refuses what says %p', async (output, reason) => {
    await using directory = await temporaryDirectory();
    await expect(locateSystem(await makeQemu(directory.path, output), enginePreload())).rejects.toMatchObject({
      code: 'UnsupportedEngine',
      reason,
    });
  });

  it('refuses what cannot be run', async () => {
    await expect(locateSystem('/nonexistent/qemu', enginePreload())).rejects.toMatchObject({
      code: 'UnsupportedEngine',
      reason: 'engine-missing',
    });
    await expect(locateSystem('qemu', enginePreload())).rejects.toMatchObject({ code: 'Config' });
  });

  it('loads the library into what opens its memory through it, and into nothing else', async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, 'qemu');
    const version = 'QEMU emulator version 7.2.22';
    const locate = async (body: string): Promise<string | null> => {
      await writeFile(path, `#!/bin/sh\nif [ "$1" = --version ]; then echo '${version}'; exit; fi\n${body}\n`, { mode: 0o755 });
      return (await locateSystem(path, enginePreload())).preload;
    };
    expect(await locate('exec 9< /dev/null/fd/3')).toBe(enginePreload());
    expect(warnings).toEqual([]);
    expect(await locate('unset LD_PRELOAD; exec cat /dev/null/fd/3 > /dev/null')).toBeNull();
    expect(await locate('kill -9 $$')).toBeNull();
    expect(warnings).toEqual([expect.stringContaining(path), expect.stringContaining('does not go back')]);
    expect((await locateSystem(path, join(directory.path, 'missing.so'))).preload).toBeNull();
  });
});
