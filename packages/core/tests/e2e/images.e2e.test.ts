import { join } from 'node:path';
import { BoxliteRuntime, type LiteBox } from '@boxlite/core';
import { DELETED, LONG_NAME, OPAQUE, readLayout, TestRegistry } from '@boxlite/testbed';
import { debian, openRuntime, spawnBox, temporaryHome } from './support/boxes.js';

const debianLayout = (): string => {
  const { rootfs } = debian();
  if (rootfs === undefined || !('ociLayout' in rootfs)) throw new Error('the Debian image is no layout');
  return rootfs.ociLayout;
};

describe('an image from a registry', () => {
  it.each([
    ['with token authentication over TLS', { auth: 'token', tls: true }],
    ['with basic authentication over http', { auth: 'basic', tls: false }],
  ] as const)('is pulled once and run, %s', async (_, options) => {
    await using registry = await TestRegistry.start(options);
    const reference = await registry.push('tests/debian:12', await readLayout(debianLayout()));
    await using home = await temporaryHome();
    const credentials = registry.credentials === undefined ? {} : { credentials: { ...registry.credentials } };
    const ca = registry.ca === undefined ? {} : { ca: registry.ca };
    await using runtime = await BoxliteRuntime.open({ home: home.path, registries: [{ host: registry.host, ...credentials, ...ca }] });
    const one = await runtime.create({ image: reference });
    expect((await one.run('sh', ['-c', '. /etc/os-release; echo $ID'], { check: true })).stdout).toBe('debian\n');
    const { imageDigest } = await one.info();
    const two = await runtime.create({ image: `${registry.host}/tests/debian@${imageDigest ?? ''}` });
    expect((await two.run('cat', ['/opt/testbed/becomes-file'], { check: true })).stdout).toBe('a file above\n');
    expect(await one.info()).toMatchObject({ image: reference });
    expect(await two.info()).toMatchObject({ imageDigest });
    expect(runtime.metrics()).toMatchObject({ imagesPrepared: 1 });
    await one.stop();
    await expect(runtime.images.remove(imageDigest ?? '')).rejects.toMatchObject({ code: 'InvalidState' });
  });

  it('is refused without the right credentials, and when it is not there', async () => {
    await using registry = await TestRegistry.start({ auth: 'basic' });
    await using home = await temporaryHome();
    const open = (password: string) =>
      BoxliteRuntime.open({
        home: home.path,
        registries: [{ host: registry.host, credentials: { username: registry.credentials?.username ?? '', password } }],
      });
    {
      await using runtime = await open('wrong');
      await expect(runtime.images.pull(`${registry.host}/tests/debian:12`)).rejects.toMatchObject({
        code: 'Image',
        reason: 'unauthorized',
      });
    }
    await using runtime = await open(registry.credentials?.password ?? '');
    await expect(runtime.images.pull(`${registry.host}/tests/nothing:1`)).rejects.toMatchObject({
      code: 'NotFound',
      message: expect.stringContaining('tests/nothing') as string,
    });
    expect(runtime.metrics().imagePullFailures).toBe(1);
  });
});

describe("an image's files in the guest", () => {
  let runtime: BoxliteRuntime;
  let box: LiteBox;

  beforeAll(async () => {
    runtime = await openRuntime();
    box = await spawnBox(runtime, debian());
  });

  afterAll(async () => {
    await box[Symbol.asyncDispose]();
    await runtime.close();
  });

  const sh = async (script: string) => (await box.run('sh', ['-c', `cd /opt/testbed; ${script}`], { check: true })).stdout.trimEnd();

  it('lack what an upper layer deletes', async () => {
    expect(await sh(`ls -d ${DELETED.map((path) => `/${path}`).join(' ')} 2>/dev/null | wc -l`)).toBe('0');
    expect(await sh(`ls -A /${OPAQUE}`)).toBe('only-this');
    expect(await sh('find / -xdev -name ".wh.*" | wc -l')).toBe('0');
  });

  it('are replaced across kinds', async () => {
    expect(await sh('cat becomes-directory/inside becomes-file')).toBe('a directory above\na file above');
  });

  it('keep modes, owners, links and devices', async () => {
    expect(await sh('stat -c "%n %a %u:%g" mode-changes setuid setgid sticky owner')).toBe(
      'mode-changes 600 1000:1000\nsetuid 4755 0:0\nsetgid 2755 0:50\nsticky 1777 0:0\nowner 644 3000000:4000000',
    );
    expect(await sh('stat -c "%n %F %t:%T" null loop fifo')).toBe(
      'null character special file 1:3\nloop block special file 7:0\nfifo fifo 0:0',
    );
    expect(await sh('readlink relative absolute dangling; cat relative absolute')).toBe(
      '../testbed/one\n/opt/testbed/one\n/nowhere\nshared content\nshared content',
    );
    expect(await sh('stat -c %i one two five | uniq | wc -l; stat -c %h one; stat -c %i three four | uniq | wc -l')).toBe('1\n3\n1');
  });

  it('keep extended attributes', async () => {
    const script =
      "import os; print(os.getxattr('attributes','user.boxlite'), os.getxattr('attributes','user.binary'), os.getxattr('capability','security.capability').hex())";
    expect((await box.run('python3', ['-c', script], { workingDir: '/opt/testbed', check: true })).stdout.trimEnd()).toBe(
      "b'value' b'\\x00\\x01\\xff' 0100000200200000000000000000000000000000",
    );
  });

  it('keep names of any bytes and of full length', async () => {
    expect(await sh(`cat ${LONG_NAME} latin-* "ünïcödé ☃"`)).toBe('long\nnot UTF-8\nUTF-8');
  });
});

describe('an image without a registry', () => {
  it('is loaded from an OCI layout, listed, and removed when no Box stands on it', async () => {
    await using home = await temporaryHome();
    await using runtime = await BoxliteRuntime.open({ home: join(home.path, 'home') });
    const image = await runtime.images.load(debianLayout());
    const digests = async () => (await runtime.images.list()).map(({ digest }) => digest);
    expect(await digests()).toContain(image.digest);
    await runtime.images.remove(image.digest);
    expect(await digests()).not.toContain(image.digest);
  });
});
