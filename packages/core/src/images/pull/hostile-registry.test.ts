import type { ServerResponse } from 'node:http';
import { blobBytes, buildImage, buildIndex, type Script, ScriptedRegistry, smallImage } from '@boxlite/testbed';
import { PullBench, type PullBenchOptions } from '../testing/pull-bench.js';

const onBlobs =
  (answer: (response: ServerResponse) => void): Script =>
  (request, response) => {
    if (!request.url?.includes('/blobs/')) return false;
    answer(response);
    return true;
  };

const onManifests =
  (answer: (response: ServerResponse) => void): Script =>
  (request, response) => {
    if (!request.url?.includes('/manifests/')) return false;
    answer(response);
    return true;
  };

/** Pulls the small image from a registry with these manners and returns the error. */
const pullFrom = async (script: Script, options: PullBenchOptions = {}) => {
  await using registry = await ScriptedRegistry.start(script);
  await using bench = await PullBench.open(options);
  const reference = registry.add('small:1', await smallImage());
  const error: unknown = await bench.pull(reference).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return {
    error,
    requests: registry.requests,
    images: await bench.index.all(),
    leftovers: await bench.leftovers(),
    blobs: await bench.store.list(),
  };
};

const endless = (response: ServerResponse) => {
  const piece = Buffer.alloc(65_536);
  const more = () => {
    while (!response.destroyed && response.write(piece));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
};

const expectNothingKept = (result: Awaited<ReturnType<typeof pullFrom>>) => {
  expect(result.images).toEqual([]);
  expect(result.blobs).toEqual([]);
};

describe('a hostile or broken registry', () => {
  it.each<[string, Script, object]>([
    ['sends a blob with another content of the same size', onBlobs((response) => response.end(Buffer.alloc(5000))), { code: 'Image' }],
    ['sends an endless blob', onBlobs(endless), { code: 'Image', reason: 'too-long' }],
    ['cuts a blob short', onBlobs((response) => response.writeHead(200).end('short')), { code: 'Image', reason: 'truncated' }],
    ['has no blob', onBlobs((response) => response.writeHead(404).end()), { code: 'NotFound' }],
    ['sends an endless manifest', onManifests(endless), { code: 'Image', reason: 'too-long' }],
    ['sends a manifest that is no JSON', onManifests((response) => response.end('<html>')), { code: 'Image', reason: 'malformed' }],
    ['sends a manifest that is a list', onManifests((response) => response.end('[]')), { code: 'Image', reason: 'malformed' }],
    [
      'sends schema 1',
      onManifests((response) =>
        response.writeHead(200, { 'content-type': 'application/vnd.docker.distribution.manifest.v1+prettyjws' }).end('{"schemaVersion":1}'),
      ),
      { code: 'Unsupported', reason: 'schema-1' },
    ],
    [
      'sends a manifest that is also an index',
      onManifests((response) => response.end('{"schemaVersion":2,"manifests":[],"layers":[],"config":{}}')),
      { code: 'Image', reason: 'malformed' },
    ],
    [
      'sends another manifest than its header says',
      onManifests((response) => response.writeHead(200, { 'docker-content-digest': `sha256:${'0'.repeat(64)}` }).end('{}')),
      { code: 'Image', reason: 'digest-mismatch' },
    ],
    [
      'redirects in a circle',
      onManifests((response) => response.writeHead(307, { location: '/v2/small/manifests/1' }).end()),
      { code: 'Network', reason: 'bad-redirect' },
    ],
    [
      'redirects to a file',
      onBlobs((response) => response.writeHead(307, { location: 'file:///etc/passwd' }).end()),
      { code: 'Network', reason: 'bad-redirect' },
    ],
    ['redirects without an address', onBlobs((response) => response.writeHead(307).end()), { code: 'Network', reason: 'bad-redirect' }],
    [
      'answers 401 for ever',
      onManifests((response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()),
      { code: 'Image', reason: 'unauthorized' },
    ],
    ['answers 401 without a way in', onManifests((response) => response.writeHead(401).end()), { code: 'Image', reason: 'unauthorized' }],
    ['answers 403', onManifests((response) => response.writeHead(403).end()), { code: 'Image', reason: 'unauthorized' }],
    ['answers 500', onManifests((response) => response.writeHead(500).end()), { code: 'Network', reason: 'registry-error' }],
    ['answers 418', onManifests((response) => response.writeHead(418).end()), { code: 'Network', reason: 'unexpected-status' }],
    ['hangs up on manifests', onManifests((response) => response.destroy()), { code: 'Network' }],
    ['hangs up on blobs', onBlobs((response) => response.destroy()), { code: 'Network' }],
    [
      'limits requests',
      onManifests((response) => response.writeHead(429, { 'retry-after': '3600' }).end()),
      { code: 'ResourceExhausted', reason: 'rate-limited' },
    ],
    [
      'sends a token server that is none',
      onManifests((response) => response.writeHead(401, { 'www-authenticate': 'Bearer realm="gopher://x"' }).end()),
      { code: 'Network', reason: 'bad-realm' },
    ],
    [
      'sends steering characters in its error',
      onManifests((response) => response.writeHead(404).end(JSON.stringify({ errors: [{ message: 'a\u001b[31mb\nc' }] }))),
      { code: 'NotFound', message: expect.stringMatching(/\(a \[31mb c\)/) as string },
    ],
  ])('that %s', async (_, script, expected) => {
    const result = await pullFrom(script, { timeouts: { stallMs: 500 } });
    expect(result.error).toMatchObject(expected);
    expectNothingKept(result);
  });

  it('that stalls in a body', async () => {
    const result = await pullFrom(
      onBlobs((response) => response.writeHead(200, { 'content-length': 5000 }).write('x')),
      { timeouts: { stallMs: 100 }, retry: { retries: 1 } },
    );
    expect(result.error).toMatchObject({ code: 'Network', reason: 'UND_ERR_BODY_TIMEOUT' });
    expectNothingKept(result);
  });

  it('that never begins an answer', async () => {
    const result = await pullFrom(
      onManifests(() => undefined),
      { timeouts: { stallMs: 100 }, retry: { retries: 1 } },
    );
    expect(result.error).toMatchObject({ code: 'Network', reason: 'UND_ERR_HEADERS_TIMEOUT' });
  });

  it('that gives a manifest drop by drop runs into the deadline', async () => {
    const result = await pullFrom(
      onManifests((response) => {
        const timer = setInterval(() => response.write(' '), 20);
        response.on('close', () => {
          clearInterval(timer);
        });
      }),
      { timeouts: { documentMs: 300 }, retry: { retries: 0 } },
    );
    expect(result.error).toMatchObject({ code: 'Network', reason: 'ETIMEDOUT' });
  });

  it('is asked again after 429 when it says when', async () => {
    let refusals = 2;
    const result = await pullFrom((request, response) => {
      if (!request.url?.includes('/manifests/') || refusals === 0) return false;
      refusals -= 1;
      response.writeHead(429, { 'retry-after': '0' }).end();
      return true;
    });
    expect(result.error).toBeUndefined();
  });

  it('is tried a bounded number of times', async () => {
    const { requests } = await pullFrom(onManifests((response) => response.writeHead(503).end()));
    expect(requests.filter((request) => request.includes('manifests'))).toHaveLength(4);
  });

  it('never gets credentials for another host: a redirect loses them', async () => {
    const seen: (string | undefined)[] = [];
    const small = await smallImage();
    await using storage = await ScriptedRegistry.start((request) => {
      seen.push(request.headers.authorization);
      return false;
    });
    await using registry = await ScriptedRegistry.start((request, response) => {
      if (request.headers.authorization === undefined && request.url !== '/v2/')
        response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      else if (request.url?.includes('/blobs/')) response.writeHead(307, { location: `http://${storage.host}${request.url}` }).end();
      else return false;
      return true;
    });
    storage.add('small:1', small);
    await using bench = await PullBench.open({ registries: [{ host: registry.host, credentials: { username: 'u', password: 'p' } }] });
    await bench.pull(registry.add('small:1', small));
    expect(seen).toEqual([undefined, undefined, undefined]);
  });

  it.each<[string, () => Promise<Parameters<ScriptedRegistry['add']>[1]>, object]>([
    [
      'indexes in indexes without end',
      async () => [...Array(5).keys()].reduce((inner) => buildIndex([inner]), await smallImage()),
      { reason: 'malformed' },
    ],
    [
      'too many layers',
      () => buildImage({ layers: [...Array(513).keys()].map((n) => [{ name: `f${String(n)}` }]), compression: 'none' }),
      { reason: 'malformed' },
    ],
    [
      'another platform than its index says',
      async () => ({ ...buildIndex([await smallImage({ architecture: 'arm64' })]) }),
      { reason: 'platform-not-found' },
    ],
    ['an environment that is no list', () => smallImage({ config: { Env: 'A=1' } }), { reason: 'malformed' }],
    ['a relative working directory', () => smallImage({ config: { WorkingDir: 'x' } }), { reason: 'malformed' }],
    ['a NUL in its command', () => smallImage({ config: { Cmd: ['a\0b'] } }), { reason: 'malformed' }],
  ])('that has an image with %s', async (_, build, expected) => {
    await using registry = await ScriptedRegistry.start();
    await using bench = await PullBench.open();
    const image = await build();
    await expect(bench.pull(registry.add('bad:1', image))).rejects.toMatchObject({ code: 'Image', ...expected });
    expect(await bench.index.all()).toEqual([]);
  });

  it('that lies about a size', async () => {
    const small = await smallImage();
    const text = blobBytes(small, small.root.digest).toString('utf8');
    for (const [size, code] of [
      ['-1', 'Image'],
      ['1.5', 'Image'],
      ['1e300', 'Image'],
      ['"1"', 'Image'],
      ['99999999', 'Image'],
    ] as const) {
      const result = await pullFrom(onManifests((response) => response.end(text.replace(/"size":[0-9]+/g, `"size":${size}`))));
      expect(result.error).toMatchObject({ code });
      expectNothingKept(result);
    }
  });
});
