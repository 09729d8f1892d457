import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blobBytes, buildImage, buildIndex, ScriptedRegistry, smallImage, type TestImage } from '@boxlite/testbed';
import { PullBench } from '../testing/pull-bench.js';

const failure = (code: string, reason?: string) => expect.objectContaining({ code, ...(reason === undefined ? {} : { reason }) }) as Error;

const blobs = (image: TestImage) => [...image.blobs.keys()].filter((digest) => digest !== image.root.digest);

const largeImage = (bytes = 3_000_000) =>
  buildImage({ layers: [[{ name: 'large', content: Buffer.alloc(bytes, Buffer.from([...Array(251).keys()])) }]], compression: 'none' });

describe('pulling', () => {
  it('stores every blob under its digest, and the image under its name', async () => {
    await using registry = await ScriptedRegistry.start();
    await using bench = await PullBench.open();
    const small = await smallImage();
    const reference = registry.add('small:1', small);

    const image = await bench.pull(reference);

    expect(image).toMatchObject({ reference, digest: small.root.digest, size: small.root.size, replaced: false });
    for (const digest of small.blobs.keys()) expect(await readFile(bench.store.path(digest))).toEqual(blobBytes(small, digest));
    expect(JSON.parse(await readFile(bench.layout.index, 'utf8'))).toMatchObject({
      schemaVersion: 2,
      manifests: [{ digest: small.root.digest, annotations: { 'org.opencontainers.image.ref.name': reference } }],
    });
    expect(await bench.leftovers()).toEqual([]);
    const done = bench.events.filter(({ status }) => status === 'done').map(({ part }) => part);
    expect(done.sort()).toEqual(blobs(small).sort());
  });

  it.each(['oci', 'docker'] as const)(
    'reads %s media types, each compression, and chooses the platform in nested indexes',
    async (format) => {
      await using registry = await ScriptedRegistry.start();
      await using bench = await PullBench.open();
      const amd64 = await smallImage({ format, compression: 'none' });
      const arm64 = await smallImage({ format, architecture: 'arm64' });
      const reference = registry.add('multi:1', buildIndex([buildIndex([arm64]), buildIndex([amd64])].slice(1), format));
      expect(await bench.pull(reference)).toMatchObject({ digest: amd64.root.digest });
      const both = registry.add('both:1', buildIndex([arm64, amd64], format));
      expect(await bench.pull(both)).toMatchObject({ digest: amd64.root.digest });
      expect(await bench.pull(both, undefined, 'linux/arm64')).toMatchObject({ digest: arm64.root.digest });
      await expect(bench.pull(both, undefined, 'linux/s390x')).rejects.toEqual(failure('Image', 'platform-not-found'));
    },
  );

  it('pulls by digest, of a manifest and of an index', async () => {
    await using registry = await ScriptedRegistry.start();
    await using bench = await PullBench.open();
    const small = await smallImage();
    const index = buildIndex([small]);
    registry.add('small:1', index);
    for (const digest of [small.root.digest, index.root.digest]) {
      expect(await bench.pull(`${registry.host}/small@${digest}`)).toMatchObject({ digest: small.root.digest });
    }
  });

  it('fetches nothing twice: blobs that are there stay, and a tag that moves keeps the old image by digest', async () => {
    await using registry = await ScriptedRegistry.start();
    await using bench = await PullBench.open();
    const first = await smallImage();
    const second = await smallImage({ config: { Cmd: ['other'] } });
    const reference = registry.add('app:1', first);
    await bench.pull(reference);
    await bench.pull(reference);
    registry.add('app:1', second);
    await bench.pull(reference);

    expect(registry.count(/blobs/)).toBe(4);
    expect((await bench.index.all()).map(({ reference: name, digest, replaced }) => ({ name, digest, replaced }))).toEqual([
      { name: `${registry.host}/app@${first.root.digest}`, digest: first.root.digest, replaced: true },
      { name: reference, digest: second.root.digest, replaced: false },
    ]);
    registry.add('app:1', first);
    await bench.pull(reference);
    expect((await bench.index.all()).map(({ reference: name, replaced }) => ({ name, replaced }))).toEqual([
      { name: `${registry.host}/app@${second.root.digest}`, replaced: true },
      { name: reference, replaced: false },
    ]);
  });

  it('downloads a blob once for pulls at the same time', async () => {
    await using registry = await ScriptedRegistry.start();
    await using bench = await PullBench.open();
    const small = await smallImage();
    const references = ['a:1', 'b:1', 'c:1'].map((name) => registry.add(name, small));
    await Promise.all(references.map((reference) => bench.pull(reference)));
    expect(registry.count(/blobs/)).toBe(3);
    expect(await bench.index.all()).toHaveLength(3);
  });

  it('never has more than four downloads at once', async () => {
    let [now, most] = [0, 0];
    await using registry = await ScriptedRegistry.start(async (request, response) => {
      if (!request.url?.includes('/blobs/')) return false;
      most = Math.max(most, (now += 1));
      response.on('close', () => (now -= 1));
      await new Promise((resolve) => setTimeout(resolve, 10));
      return false;
    });
    await using bench = await PullBench.open();
    const layers = [...Array(12).keys()].map((number) => [{ name: `file${String(number)}`, content: 'x' }]);
    await bench.pull(registry.add('many:1', await buildImage({ layers })));
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
  });

  it('goes on where a transfer broke off, within the pull and in a later one', async () => {
    let broken = 0;
    await using registry = await ScriptedRegistry.start((request, response, { requests }) => {
      if (!request.url?.includes('/blobs/') || broken === 0) return false;
      broken -= 1;
      const begin = Number(/=([0-9]+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      response.writeHead(begin === 0 ? 200 : 206, {
        'content-length': content.length - begin,
        'content-range': `bytes ${String(begin)}-9/9`,
      });
      response.write(content.subarray(begin, begin + 1_000_000), () => setTimeout(() => response.destroy(), 20));
      requests.push(`BROKEN at ${String(begin)}`);
      return true;
    });
    await using bench = await PullBench.open({ retry: { retries: 1 } });
    const large = await largeImage();
    const content = blobBytes(large, [...large.blobs.keys()][0] ?? '');
    const reference = registry.add('large:1', large);

    // The configuration comes first and is small; let only the layer break.
    await bench.store.put(blobBytes(large, [...large.blobs.keys()][1] ?? ''));
    broken = 2;
    await expect(bench.pull(reference)).rejects.toEqual(failure('Network'));
    expect(await bench.leftovers()).toHaveLength(1);
    broken = 1;
    await bench.pull(reference);
    const begins = registry.requests.filter((request) => request.startsWith('BROKEN')).map((request) => Number(request.split(' ')[2]));
    expect(begins[0]).toBe(0);
    expect(begins[1]).toBeGreaterThan(0);
    expect(begins[2]).toBeGreaterThan(begins[1] ?? 0);
    expect(await bench.leftovers()).toEqual([]);
  });

  it('does not trust half downloads: wrong bytes from earlier are fetched again', async () => {
    await using registry = await ScriptedRegistry.start();
    await using bench = await PullBench.open();
    const large = await largeImage();
    const layer = [...large.blobs.keys()][0] ?? '';
    await writeFile(join(bench.layout.temporary, `${layer.slice(7)}.partial`), Buffer.alloc(1_000_000, 'wrong'));
    await bench.pull(registry.add('large:1', large));
    expect((await readFile(bench.store.path(layer))).equals(blobBytes(large, layer))).toBe(true);
  });

  it('starts again when the registry cannot go on in the middle', async () => {
    await using registry = await ScriptedRegistry.start((request) => {
      delete request.headers.range;
      return false;
    });
    await using bench = await PullBench.open();
    const large = await largeImage();
    const layer = [...large.blobs.keys()][0] ?? '';
    await writeFile(join(bench.layout.temporary, `${layer.slice(7)}.partial`), blobBytes(large, layer).subarray(0, 1_000_000));
    await bench.pull(registry.add('large:1', large));
    expect((await readFile(bench.store.path(layer))).equals(blobBytes(large, layer))).toBe(true);
  });

  it('can be aborted by one of two without harm to the other', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    await using registry = await ScriptedRegistry.start(async (request) => {
      if (request.url?.includes('/blobs/')) await gate;
      return false;
    });
    await using bench = await PullBench.open();
    const small = await smallImage();
    const reference = registry.add('small:1', small);
    const abort = new AbortController();
    const given = bench.pull(reference, abort.signal);
    const kept = bench.pull(reference);
    setTimeout(() => {
      abort.abort();
    }, 50);
    await expect(given).rejects.toMatchObject({ name: 'AbortError' });
    release();
    await expect(kept).resolves.toMatchObject({ digest: small.root.digest });
  });

  it('asks mirrors first, and the registry itself when they fail', async () => {
    const small = await smallImage();
    await using registry = await ScriptedRegistry.start();
    await using bad = await ScriptedRegistry.start((request, response) => {
      if (!request.url?.includes('/blobs/')) return false;
      response.writeHead(404).end();
      return true;
    });
    const reference = registry.add('small:1', small);
    bad.add('small:1', small);
    const gone = '127.0.0.1:1';
    await using bench = await PullBench.open({ registries: [{ host: registry.host, mirrors: [gone, bad.host] }] });
    await bench.pull(reference);
    expect(bad.count(/manifests/)).toBe(1);
    expect(registry.count(/blobs/)).toBe(3);
    for (const digest of small.blobs.keys()) expect(await readFile(bench.store.path(digest))).toEqual(blobBytes(small, digest));
  });
});
