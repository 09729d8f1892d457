import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ImagesLayout } from '@boxlite/shared';
import { buildImage, digestOf, dockerSave, layoutArchive, ScriptedRegistry, smallImage, writeLayout } from '@boxlite/testbed';
import type { ProgressEvent } from '../progress.js';
import { ImageManager, type ImageManagerOptions } from './image-manager.js';
import { RecoveryNotes, unheard } from '../recovery/recovery-report.js';

class Home implements AsyncDisposable {
  readonly events: ProgressEvent[] = [];
  readonly layout: ImagesLayout;
  readonly #managers: ImageManager[] = [];

  constructor(readonly directory: string) {
    this.layout = new ImagesLayout(join(directory, 'images'));
  }

  static async make(): Promise<Home> {
    return new Home(await mkdtemp(join(tmpdir(), 'boxlite-home-')));
  }

  async open(options: Partial<ImageManagerOptions> = {}): Promise<ImageManager> {
    const manager = new ImageManager({ layout: this.layout, onProgress: (event) => this.events.push(event), ...options });
    this.#managers.push(manager);
    await manager.recover(unheard);
    return manager;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const manager of this.#managers) await manager.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}

describe('ImageManager', () => {
  it('pulls, lists, gets, prepares and removes an image', async () => {
    await using home = await Home.make();
    await using registry = await ScriptedRegistry.start();
    const pulled: number[] = [];
    const images = await home.open({ observer: { pulled: ({ bytes }) => pulled.push(bytes) } });
    const small = await smallImage();
    const reference = registry.add('small:1', small);

    const info = await images.pull(reference);
    expect(info).toMatchObject({
      reference,
      digest: small.root.digest,
      platform: 'linux/amd64',
      createdAt: new Date('2024-01-02T03:04:05Z'),
      embedded: false,
      replaced: false,
      config: {
        env: ['PATH=/bin', 'A=2'],
        entrypoint: ['/bin/hello'],
        cmd: ['world'],
        workingDir: '/etc',
        user: '1000:1000',
        exposedPorts: [],
        volumes: [],
        stopSignal: null,
        healthCheck: null,
        labels: { a: 'b' },
      },
    });
    const size = [...small.blobs.values()].reduce((sum, content) => sum + (Buffer.isBuffer(content) ? content.length : 0), 0);
    expect(info.sizeBytes).toBe(size);
    expect(pulled).toEqual([size - small.root.size]);
    expect(await images.get(reference)).toEqual(info);
    expect(await images.get(info.digest)).toEqual(info);
    expect((await images.list()).filter(({ embedded }) => !embedded)).toEqual([info]);

    const prepared = await images.prepare(info);
    expect(prepared).toEqual({
      rootfs: join(home.layout.rootfs, `${info.digest.slice(7)}.erofs`),
      digest: info.digest,
      config: info.config,
    });
    expect((await stat(prepared.rootfs)).size).toBeGreaterThan(100_000);
    expect((await images.diskUse()).rootfsBytes).toBeGreaterThan(100_000);

    expect((await images.remove(reference)).freedBytes).toBeGreaterThan(100_000);
    expect(await readdir(home.layout.blobs)).toEqual([]);
    expect(await readdir(home.layout.rootfs)).toEqual([]);
    await expect(images.get(reference)).rejects.toMatchObject({ code: 'NotFound', reason: 'image-not-found' });
    await expect(images.remove(reference)).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('pulls once and prepares once for all who ask at the same time, and tells each', async () => {
    await using home = await Home.make();
    await using registry = await ScriptedRegistry.start();
    let prepared = 0;
    const images = await home.open({ observer: { prepared: () => (prepared += 1) } });
    const reference = registry.add('small:1', await smallImage());
    const events: ProgressEvent[][] = [[], [], []];
    const infos = await Promise.all(events.map((own) => images.pull(reference, { onProgress: (event) => own.push(event) })));
    expect(registry.count(/manifests/)).toBe(1);
    for (const own of events) expect(own.map(({ status }) => status).at(-1)).toBe('done');
    await Promise.all(infos.map((info) => images.prepare(info)));
    await images.prepare(infos[0] ?? { digest: '' });
    expect(prepared).toBe(1);
    expect(home.events.filter(({ operation, status }) => operation === 'prepare' && status === 'started')).toHaveLength(1);
  });

  it('resolves from what is here, asks the registry only for what is not, and mends what is damaged', async () => {
    await using home = await Home.make();
    await using registry = await ScriptedRegistry.start();
    const images = await home.open();
    const small = await smallImage();
    const reference = registry.add('small:1', small);
    await images.resolve(reference);
    const asked = registry.requests.length;
    const info = await images.resolve(reference);
    expect(registry.requests).toHaveLength(asked);
    await rm(join(home.layout.blobs, (info.layers[0] ?? '').slice(7)));
    await images.resolve(reference);
    await images.prepare(info);
    await expect(images.resolve('not/valid/:x')).rejects.toMatchObject({ code: 'InvalidArgument' });
  });

  it('keeps everything over a restart, and starts from the root file system alone', async () => {
    await using home = await Home.make();
    await using registry = await ScriptedRegistry.start();
    const first = await home.open();
    const info = await first.pull(registry.add('small:1', await smallImage()));
    await first.prepare(info);
    await first.close();
    await writeFile(join(home.layout.temporary, 'left-by-a-crash'), 'x');
    await writeFile(join(home.layout.temporary, `${'0'.repeat(64)}.partial`), 'x');
    await writeFile(join(home.layout.root, 'index.json.00ff.tmp'), 'x');

    const second = await home.open();
    expect(await readdir(home.layout.temporary)).toEqual([`${'0'.repeat(64)}.partial`]);
    expect(await readdir(home.layout.root)).not.toContain('index.json.00ff.tmp');
    expect(await second.has(info.digest)).toBe(true);
    expect(await second.get(info.reference ?? '')).toEqual(info);
    for (const name of await readdir(home.layout.blobs)) await rm(join(home.layout.blobs, name));
    expect((await second.prepare({ digest: info.digest })).config).toEqual(info.config);
    await second.prune();
    expect(await readdir(home.layout.temporary)).toEqual([]);
  });

  it('puts a damaged index aside and says so', async () => {
    await using home = await Home.make();
    await using registry = await ScriptedRegistry.start();
    const first = await home.open();
    const reference = registry.add('small:1', await smallImage());
    await first.pull(reference);
    await first.close();
    await writeFile(home.layout.index, '{"schemaVersion": 2, "manif');
    const second = new ImageManager({ layout: home.layout });
    const notes = new RecoveryNotes({ info: () => undefined, error: () => undefined });
    await second.recover(notes);
    expect(notes.report().actions).toEqual([
      {
        action: 'kept-aside',
        kind: 'image',
        name: expect.stringContaining('index.json.damaged-') as string,
        detail: expect.stringContaining('pulled again') as string,
      },
    ]);
    expect((await readdir(home.layout.root)).some((name) => name.startsWith('index.json.damaged-'))).toBe(true);
    const blobs = registry.count(/blobs/);
    await second.pull(reference);
    expect(registry.count(/blobs/)).toBe(blobs);
    await second.close();
  });

  it('does not remove what Boxes stand on', async () => {
    await using home = await Home.make();
    await using registry = await ScriptedRegistry.start();
    const users = new Map<string, string[]>();
    const images = await home.open({ usedBy: (digest) => users.get(digest) ?? [] });
    const reference = registry.add('app:1', await smallImage());
    const old = await images.pull(reference);
    const { rootfs } = await images.prepare(old);
    users.set(old.digest, ['box-1']);
    await expect(images.remove(reference)).rejects.toMatchObject({
      code: 'InvalidState',
      message: expect.stringContaining('box-1') as string,
    });

    registry.add('app:1', await smallImage({ config: {} }));
    const moved = await images.pull(reference);
    expect(moved.digest).not.toBe(old.digest);
    expect((await images.get(old.digest)).digest).toBe(old.digest);
    expect((await images.prune({ all: true })).removed).toEqual([reference]);
    expect((await stat(rootfs)).size).toBeGreaterThan(0);

    users.clear();
    expect((await images.prune()).removed).toEqual([`${registry.host}/app@${old.digest}`]);
    expect(await readdir(home.layout.rootfs)).toEqual([]);
    expect(await readdir(home.layout.blobs)).toEqual([]);
  });

  it('prunes beside pulls without harm', async () => {
    await using home = await Home.make();
    await using registry = await ScriptedRegistry.start();
    const images = await home.open();
    const references = await Promise.all(
      [...Array(8).keys()].map(async (number) =>
        registry.add(`app:${String(number)}`, await smallImage({ config: { Cmd: [String(number)] } })),
      ),
    );
    let pruning = true;
    const pruner = (async () => {
      while (pruning) await images.prune();
    })();
    const infos = await Promise.all(references.map((reference) => images.pull(reference)));
    pruning = false;
    await pruner;
    for (const info of infos) await images.prepare(info);
  });

  describe('load', () => {
    const loadFrom = async (content: Buffer | undefined, options: { reference?: string } = {}) => {
      await using home = await Home.make();
      const images = await home.open();
      const path = home.path('archive.tar');
      if (content !== undefined) await writeFile(path, content);
      const info = await images.load(path, options);
      await images.prepare(info);
      expect(await readdir(home.layout.temporary)).toEqual([]);
      return { info, list: (await images.list()).filter(({ embedded }) => !embedded).map(({ reference }) => reference) };
    };

    it('takes an OCI layout in a directory', async () => {
      await using home = await Home.make();
      const images = await home.open();
      const small = await smallImage();
      await writeLayout(home.path('layout'), { 'example.com/small:2': small });
      expect(await images.load(home.path('layout'))).toMatchObject({ reference: 'example.com/small:2', digest: small.root.digest });
      await rm(home.path('layout'), { recursive: true });
      await images.prepare({ digest: small.root.digest });
    });

    it('takes a layout in an archive, plain and compressed', async () => {
      const small = await smallImage();
      const archive = layoutArchive({ 'debian:12': small });
      for (const content of [archive, gzipSync(archive)]) {
        expect((await loadFrom(content)).info).toMatchObject({ reference: 'docker.io/library/debian:12', digest: small.root.digest });
      }
    });

    it('takes what docker save wrote, with all its names', async () => {
      const small = await smallImage({ compression: 'none', format: 'docker' });
      const { info, list } = await loadFrom(dockerSave(small, ['a:1', 'localhost:5000/b:2']));
      expect(info.reference).toBe('docker.io/library/a:1');
      expect(list.sort()).toEqual(['docker.io/library/a:1', 'localhost:5000/b:2']);
      expect((await loadFrom(dockerSave(small, []))).info.reference).toBeNull();
      expect((await loadFrom(dockerSave(small, []), { reference: 'mine' })).info.reference).toBe('docker.io/library/mine:latest');
      expect((await loadFrom(dockerSave(await smallImage(), ['gzip:1']))).info.reference).toBe('docker.io/library/gzip:1');
    });

    it('wants to be told which image of several', async () => {
      const archive = layoutArchive({ 'a:1': await smallImage(), 'b:1': await smallImage({ config: {} }) });
      await expect(loadFrom(archive)).rejects.toMatchObject({
        code: 'InvalidArgument',
        message: expect.stringContaining('docker.io/library/b:1') as string,
      });
      expect((await loadFrom(archive, { reference: 'b:1' })).list).toEqual(['docker.io/library/b:1']);
    });

    it('checks the diff ids of docker save, which are all that vouches for its layers', async () => {
      const good = dockerSave(await smallImage({ compression: 'none' }), ['a:1']).toString('latin1');
      for (const compression of ['none', 'gzip'] as const) {
        const other = dockerSave(await smallImage({ compression }), ['a:1']).toString('latin1');
        const forged =
          compression === 'none'
            ? good.replace('hello hello', 'HELLO hello')
            : other.replace(/"diff_ids":\["sha256:...../, '"diff_ids":["sha256:00000');
        await expect(loadFrom(Buffer.from(forged, 'latin1'))).rejects.toMatchObject({ code: 'Image', reason: 'digest-mismatch' });
      }
    });

    it.each<[string, () => Promise<Buffer> | Buffer | undefined, object]>([
      ['nothing', () => undefined, { code: 'NotFound', reason: 'ENOENT' }],
      ['an empty file', () => Buffer.alloc(0), { code: 'Image', reason: 'not-an-archive' }],
      ['no archive', () => Buffer.alloc(10_000, 'x'), { code: 'Image', reason: 'malformed' }],
      ['a broken gzip', () => Buffer.concat([gzipSync('x').subarray(0, 10), Buffer.alloc(100, 7)]), { code: 'Image', reason: 'malformed' }],
      ['zstd', () => Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]), { code: 'Unsupported' }],
      ['a layout cut short', async () => layoutArchive({ 'a:1': await smallImage() }).subarray(0, 3000), { code: 'Image' }],
      [
        'a layout with a changed blob',
        async () =>
          Buffer.from(
            layoutArchive({ 'a:1': await smallImage({ compression: 'none' }) })
              .toString('latin1')
              .replace('hello hello', 'HELLO hello'),
            'latin1',
          ),
        { code: 'Image', reason: 'digest-mismatch' },
      ],
    ])('refuses %s', async (_, content, expected) => {
      await expect(loadFrom(await content())).rejects.toMatchObject(expected);
    });
  });

  describe('a layout in place', () => {
    it('is read where it is, and checked when it is prepared', async () => {
      await using home = await Home.make();
      const images = await home.open();
      const small = await smallImage();
      await writeLayout(home.path('layout'), { '': small });
      const info = await images.resolveLayout(home.path('layout'));
      expect(info).toMatchObject({ reference: null, digest: small.root.digest });
      expect(await images.has(info.digest)).toBe(true);
      const path = join(home.path('layout'), 'blobs/sha256', (info.layers[0] ?? '').slice(7));
      const bytes = await readFile(path);
      await writeFile(path, Buffer.alloc(bytes.length));
      await expect(images.prepare(info)).rejects.toMatchObject({ code: 'Image', reason: 'digest-mismatch' });
      await writeFile(path, bytes);
      await images.prepare(info);
      expect(await readdir(home.layout.blobs)).toEqual([]);
    });

    it('must be one', async () => {
      await using home = await Home.make();
      const images = await home.open();
      await expect(images.resolveLayout(home.directory)).rejects.toMatchObject({ code: 'NotFound', reason: 'not-a-layout' });
    });
  });

  it('reports layers that cannot be unpacked, and leaves nothing behind', async () => {
    await using home = await Home.make();
    const images = await home.open();
    const content = Buffer.from('no gzip at all');
    const layer = { content, digest: digestOf(content), size: content.length, diffId: digestOf(content), compression: 'gzip' } as const;
    const bad = await buildImage({ layers: [layer] });
    await writeLayout(home.path('layout'), { '': bad });
    const info = await images.load(home.path('layout'));
    await expect(images.prepare(info)).rejects.toMatchObject({ code: 'Image' });
    expect(await readdir(home.layout.temporary)).toEqual([]);
    expect(await readdir(home.layout.rootfs)).toEqual([]);
  });

  it('breaks off what is under way when it is closed', async () => {
    await using home = await Home.make();
    await using registry = await ScriptedRegistry.start(
      (request) => new Promise((resolve) => (request.url?.includes('/blobs/') ? undefined : resolve(false))),
    );
    const images = await home.open();
    const pull = images.pull(registry.add('small:1', await smallImage()));
    const outcome = expect(pull).rejects.toMatchObject({ name: 'AbortError' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await images.close();
    await outcome;
    await expect(images.list()).rejects.toMatchObject({ code: 'Stopped' });
  });
});
