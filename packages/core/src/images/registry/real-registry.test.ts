import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildIndex, missingPrograms, smallImage, TestRegistry } from '@boxlite/testbed';
import { PullBench } from '../testing/pull-bench.js';

const missing = missingPrograms('docker-registry', 'openssl');
if (missing !== undefined) console.warn(`tests against a real registry are skipped: ${missing}`);
const suite = missing === undefined ? describe : describe.skip;

suite('a real registry', () => {
  const variants = [
    {},
    { auth: 'basic' },
    { auth: 'token' },
    { auth: 'token', tokenNeedsLogin: false },
    { tls: true },
    { tls: true, auth: 'basic' },
  ] as const;

  it.each(variants)('is pulled from with %j, by tag and by digest', async (options) => {
    await using registry = await TestRegistry.start(options);
    const { host, ca, credentials } = registry;
    await using bench = await PullBench.open({ registries: [{ host, ...(ca && { ca }), ...(credentials && { credentials }) }] });
    const [amd64, arm64] = [await smallImage(), await smallImage({ architecture: 'arm64' })];
    const reference = await registry.push('group/small:1', buildIndex([arm64, amd64]));
    expect(await bench.pull(reference)).toMatchObject({ digest: amd64.root.digest });
    expect(await bench.pull(`${host}/group/small@${arm64.root.digest}`, undefined, 'linux/arm64')).toMatchObject({
      digest: arm64.root.digest,
    });
    // The scope is asked for once for all requests of a repository.
    if (registry.tokens) expect(registry.tokens.requests).toEqual(['repository:group/small:pull']);
  });

  it.each(['basic', 'token'] as const)('says with auth %s whether credentials are missing or wrong', async (auth) => {
    await using registry = await TestRegistry.start({ auth });
    const reference = await registry.push('small:1', await smallImage());
    await using none = await PullBench.open();
    await expect(none.pull(reference)).rejects.toMatchObject({
      code: 'Image',
      reason: 'unauthorized',
      message: expect.stringContaining('docker login') as string,
    });
    await using wrong = await PullBench.open({
      registries: [{ host: registry.host, credentials: { username: 'boxlite', password: 'wrong' } }],
    });
    await expect(wrong.pull(reference)).rejects.toMatchObject({
      code: 'Image',
      reason: 'unauthorized',
      message: expect.stringContaining('user "boxlite"') as string,
    });
  });

  it('gets credentials from what docker login has left', async () => {
    await using registry = await TestRegistry.start({ auth: 'basic' });
    const reference = await registry.push('small:1', await smallImage());
    const directory = await mkdtemp(join(tmpdir(), 'boxlite-docker-'));
    const before = process.env['DOCKER_CONFIG'];
    process.env['DOCKER_CONFIG'] = directory;
    try {
      const write = (config: object) => writeFile(join(directory, 'config.json'), JSON.stringify(config));
      const auth = Buffer.from('boxlite:p:ss wörd').toString('base64');
      await write({ auths: { [registry.host]: { auth } } });
      await using bench = await PullBench.open();
      await bench.pull(reference);

      await write({ auths: {}, credHelpers: { [registry.host]: 'secretservice' } });
      await using helped = await PullBench.open();
      await expect(helped.pull(reference)).rejects.toMatchObject({ code: 'Unsupported', reason: 'credential-helper' });

      await writeFile(join(directory, 'config.json'), '{"auths": "c2VjcmV0"');
      await using broken = await PullBench.open();
      await expect(broken.pull(reference)).rejects.toMatchObject({
        code: 'Config',
        message: expect.not.stringContaining('c2VjcmV0') as string,
      });
    } finally {
      if (before === undefined) delete process.env['DOCKER_CONFIG'];
      else process.env['DOCKER_CONFIG'] = before;
      await rm(directory, { recursive: true });
    }
  });

  it('over TLS is not trusted without its authority, nor spoken to in the clear instead', async () => {
    await using registry = await TestRegistry.start({ tls: true });
    const reference = await registry.push('small:1', await smallImage());
    await using bench = await PullBench.open();
    await expect(bench.pull(reference)).rejects.toMatchObject({
      code: 'Network',
      reason: 'untrusted-certificate',
      message: expect.stringContaining('"ca"') as string,
    });
  });

  it('names what is not there, and who cannot be reached', async () => {
    await using registry = await TestRegistry.start();
    await using bench = await PullBench.open();
    await expect(bench.pull(`${registry.host}/nothing:1`)).rejects.toMatchObject({
      code: 'NotFound',
      reason: 'image-not-found',
      message: expect.stringContaining(`${registry.host}/nothing:1`) as string,
    });
    await expect(bench.pull('127.0.0.1:1/x')).rejects.toMatchObject({
      code: 'Network',
      reason: 'ECONNREFUSED',
      message: expect.stringContaining('127.0.0.1:1') as string,
    });
    await expect(bench.pull('no-such-host.invalid/x')).rejects.toMatchObject({ code: 'Network' });
  });
});
