import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { platformPackage } from './platform-package.js';

describe('the directory of a package with binaries', () => {
  let directory: string;
  let from: string;
  beforeAll(async () => {
    directory = await realpath(await mkdtemp(join(tmpdir(), 'boxlite-test-')));
    from = pathToFileURL(join(directory, 'dist/index.js')).href;
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('is found from the package that depends on it', async () => {
    const path = join(directory, 'node_modules/@boxlite/some-linux-x64');
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'package.json'), '{"name": "@boxlite/some-linux-x64"}');
    expect(platformPackage('@boxlite/some-linux-x64', from)).toBe(path);
  });

  it('is missed with advice', () => {
    expect(() => platformPackage('@boxlite/none-linux-x64', from)).toThrow(
      expect.objectContaining({
        code: 'Unsupported',
        reason: 'platform',
        message: expect.stringContaining('optional dependencies') as unknown,
      }) as Error,
    );
  });
});
