import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { layoutArchive, ScriptedRegistry, writeLayout } from '@boxlite/testbed';
import { Home } from './support/home.js';
import { appImage } from './support/images.js';

describe('images', () => {
  let home: Home;
  let registry: ScriptedRegistry;
  let reference: string;

  beforeAll(async () => {
    home = await Home.make();
    registry = await ScriptedRegistry.start();
    reference = registry.add('team/app:1', await appImage());
  });

  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
    await home[Symbol.asyncDispose]();
  });

  it('are pulled and shown', async () => {
    const { stdout, stderr, exitCode } = await home.run(['pull', '-q', reference]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/);
    expect((await home.run(['images'])).stdout).toContain(`${registry.host}/team/app`);
    expect(JSON.parse((await home.run(['inspect', reference])).stdout)).toMatchObject([
      { reference, digest: stdout.trim(), config: { entrypoint: ['echo', 'entry'] } },
    ]);
  });

  it('are run with their own command, or with another', async () => {
    const { length } = registry.requests;
    expect(await home.run(['run', '--rm', reference])).toMatchObject({ exitCode: 0, stdout: 'entry cmd\n' });
    expect(await home.run(['run', '--rm', '--pull', 'never', reference, 'other'])).toMatchObject({ exitCode: 0, stdout: 'entry other\n' });
    expect(await home.run(['run', '--rm', '--entrypoint', 'printf', reference, '%s-%s', 'a', 'b'])).toMatchObject({
      exitCode: 0,
      stdout: 'a-b',
    });
    expect(registry.requests).toHaveLength(length);
    expect(await home.run(['run', '--rm', '--pull', 'always', reference])).toMatchObject({ exitCode: 0 });
    expect(registry.requests.length).toBeGreaterThan(length);
  });

  it('are named when they are not there', async () => {
    const missing = `${registry.host}/team/none:1`;
    const result = await home.run(['run', missing, 'true']);
    expect(result).toMatchObject({ exitCode: 125, stdout: '', stderr: expect.stringContaining(missing) });
    expect(result.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
  });

  it('come from layouts and archives, too', async () => {
    const image = await appImage({ Cmd: ['echo', 'from a layout'] });
    const layout = join(home.path, 'layout');
    await mkdir(layout);
    await writeLayout(layout, { 'local/app:2': image });
    expect(await home.run(['run', '--rm', '--rootfs', layout])).toMatchObject({ exitCode: 0, stdout: 'from a layout\n' });
    expect(await home.run(['run', '--rm', '--rootfs', layout, 'echo', 'given'])).toMatchObject({ exitCode: 0, stdout: 'given\n' });
    const archive = join(home.path, 'image.tar');
    await writeFile(archive, layoutArchive({ 'localhost/app:3': image }));
    const loaded = await home.run(['load', archive]);
    expect(loaded).toMatchObject({ exitCode: 0, stdout: 'localhost/app:3\n' });
    expect(await home.run(['run', '--rm', 'localhost/app:3'])).toMatchObject({ exitCode: 0, stdout: 'from a layout\n' });
  });

  it('are kept while a Box needs them, and removed otherwise', async () => {
    expect(await home.run(['run', '--name', 'user', reference])).toMatchObject({ exitCode: 0 });
    expect(await home.run(['rmi', reference])).toMatchObject({ exitCode: 125, stderr: expect.stringContaining('used by') });
    await home.run(['rm', 'user']);
    expect(await home.run(['rmi', reference])).toMatchObject({ exitCode: 0, stdout: `${reference}\n` });
    expect(JSON.parse((await home.run(['image', 'prune', '--all', '--json'])).stdout)).toMatchObject({ removed: ['localhost/app:3'] });
    expect((await home.run(['images'])).stdout.trimEnd().split('\n')).toHaveLength(2);
  });

  it('stop being pulled at Ctrl-C', async () => {
    await using slow = await ScriptedRegistry.start((request, response) => {
      if (request.url?.includes('/blobs/') !== true) return false;
      // Headers, a few bytes, and then nothing more.
      response.writeHead(200, { 'content-length': '1000000' }).write('x');
      return true;
    });
    const running = home.spawn(['run', slow.add('app:1', await appImage()), 'true']);
    while (slow.count(/blobs/) === 0) await new Promise((done) => setTimeout(done, 50));
    const begin = Date.now();
    running.signal('SIGINT');
    expect(await running.ended).toMatchObject({ exitCode: 130, stdout: '' });
    expect(Date.now() - begin).toBeLessThan(2_000);
    expect((await home.run(['ps', '-aq'])).stdout).toBe('');
  });
});
