import { type Script, ScriptedRegistry, smallImage } from '@boxlite/testbed';
import { PullBench } from '../testing/pull-bench.js';

interface TokenBook {
  /** Authorization headers of the requests for a token. */
  readonly asked: (string | undefined)[];
  /** Bodies of the requests for a token by POST. */
  readonly forms: string[];
  /** The one token that is good. */
  valid: string;
}

/** A registry that is its own token server. */
const withTokens = (book: TokenBook, options: { expiresIn?: number } = {}): Script => {
  return async (request, response, registry) => {
    const url = new URL(request.url ?? '/', `http://${registry.host}`);
    if (url.pathname === '/token') {
      book.asked.push(request.headers.authorization);
      let body = '';
      for await (const chunk of request) body += String(chunk);
      if (request.method === 'POST') book.forms.push(body);
      book.valid = `token-${String(book.asked.length)}`;
      response.end(JSON.stringify({ access_token: book.valid, expires_in: options.expiresIn ?? 300 }));
      return true;
    }
    if (request.headers.authorization === `Bearer ${book.valid}` || url.pathname === '/v2/') return false;
    response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${registry.host}/token",service="s"` }).end();
    return true;
  };
};

const newBook = (): TokenBook => ({ asked: [], forms: [], valid: '' });

describe('tokens', () => {
  it('are fetched once for all requests of a pull', async () => {
    const book = newBook();
    await using registry = await ScriptedRegistry.start(withTokens(book));
    await using bench = await PullBench.open();
    await bench.pull(registry.add('small:1', await smallImage()));
    expect(book.asked).toEqual([undefined]);
    expect(registry.requests.filter((request) => request.includes('/token'))).toEqual([
      'GET /token?service=s&scope=repository%3Asmall%3Apull',
    ]);
  });

  it('are fetched anew when the registry does not take one any more', async () => {
    const book = newBook();
    await using registry = await ScriptedRegistry.start((request) => {
      // Revoked between the manifest and the first blob.
      if (request.url?.includes('/blobs/') && book.asked.length === 1) book.valid = 'another';
      return false;
    }, withTokens(book));
    await using bench = await PullBench.open();
    await bench.pull(registry.add('small:1', await smallImage()));
    expect(book.asked).toHaveLength(2);
  });

  it('are fetched per repository', async () => {
    const book = newBook();
    await using registry = await ScriptedRegistry.start(withTokens(book));
    await using bench = await PullBench.open();
    await bench.pull(registry.add('a:1', await smallImage()));
    await bench.pull(registry.add('b:1', await smallImage({ config: {} })));
    expect(registry.requests.filter((request) => request.includes('/token'))).toEqual([
      expect.stringContaining('repository%3Aa%3Apull'),
      expect.stringContaining('repository%3Ab%3Apull'),
    ]);
  });

  it('are not asked for without end when none is good', async () => {
    const book = newBook();
    await using registry = await ScriptedRegistry.start(withTokens(book), () => false);
    await using never = await ScriptedRegistry.start((request, response) => {
      if (!request.url?.includes('/v2/')) return false;
      response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${registry.host}/token"` }).end();
      return true;
    });
    await using bench = await PullBench.open();
    await expect(bench.pull(never.add('small:1', await smallImage()))).rejects.toMatchObject({ code: 'Image', reason: 'unauthorized' });
    expect(book.asked).toHaveLength(1);
  });

  it('are got for an identity token by POST', async () => {
    const book = newBook();
    await using registry = await ScriptedRegistry.start(withTokens(book));
    await using bench = await PullBench.open({ registries: [{ host: registry.host, credentials: { identityToken: 'identity' } }] });
    await bench.pull(registry.add('small:1', await smallImage()));
    expect(book.asked).toEqual([undefined]);
    expect(Object.fromEntries(new URLSearchParams(book.forms[0]))).toMatchObject({
      grant_type: 'refresh_token',
      refresh_token: 'identity',
      scope: 'repository:small:pull',
      service: 's',
    });
  });

  it('that could not stand in a header are refused', async () => {
    await using registry = await ScriptedRegistry.start((request, response, { host }) => {
      if (request.url?.startsWith('/token')) response.end(JSON.stringify({ token: 'a\r\nx: y' }));
      else response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${host}/token"` }).end();
      return true;
    });
    await using bench = await PullBench.open();
    await expect(bench.pull(registry.add('small:1', await smallImage()))).rejects.toMatchObject({ code: 'Network', reason: 'bad-token' });
  });
});
