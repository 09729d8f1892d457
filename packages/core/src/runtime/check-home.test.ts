import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BoxliteRuntime } from './boxlite-runtime.js';

const isRoot = process.geteuid?.() === 0;

describe('a home', () => {
  let directory: string;
  let home: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'boxlite-home-'));
    home = join(directory, 'home');
    await mkdir(home);
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it.each([0o777, 0o775, 0o1777, 0o702])('that others can write to is refused (mode %o)', async (mode) => {
    await chmod(home, mode);
    await expect(BoxliteRuntime.open({ home })).rejects.toMatchObject({
      code: 'Config',
      reason: 'home-mode',
      message: expect.stringContaining(`chmod go-w '${home}'`) as string,
    });
  });

  it('that others can read is none of theirs within', async () => {
    await chmod(home, 0o755);
    await (await BoxliteRuntime.open({ home })).close();
  });

  (isRoot ? it : it.skip)("that is another user's is refused", async () => {
    await chown(home, 61_000, 61_000);
    await expect(BoxliteRuntime.open({ home })).rejects.toMatchObject({ code: 'Config', reason: 'home-owner' });
  });
});
