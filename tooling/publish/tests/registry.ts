import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { type Packed } from '../src/pack.js';

export interface Registry extends AsyncDisposable {
  /** Ends with a slash. */
  url: string;
}

const integrityOf = async (archive: string): Promise<string> =>
  `sha512-${createHash('sha512')
    .update(await readFile(archive))
    .digest('base64')}`;

/** A package as the registry's protocol describes it, with its one version. */
const describePackage = async ({ name, version, archive, manifest }: Packed, url: string): Promise<string> => {
  const dist = { tarball: `${url}archives/${basename(archive)}`, integrity: await integrityOf(archive) };
  return JSON.stringify({ name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } });
};

const serve = (packed: readonly Packed[], elsewhere: string, url: () => string): Server =>
  createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '/');
    const archive = packed.find((entry) => path === `/archives/${basename(entry.archive)}`)?.archive;
    if (archive !== undefined) {
      createReadStream(archive).pipe(response);
      return;
    }
    const entry = packed.find(({ name }) => path === `/${name}`);
    if (entry === undefined) {
      response.writeHead(302, { location: new URL((request.url ?? '/').slice(1), elsewhere).href }).end();
      return;
    }
    describePackage(entry, url()).then(
      (body) => response.writeHead(200, { 'content-type': 'application/json' }).end(body),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });

/** A registry on the loopback with packed packages; what else is asked for, it looks for where this machine's npm does. */
export const startRegistry = async (packed: readonly Packed[]): Promise<Registry> => {
  const { stdout } = await promisify(execFile)('npm', ['config', 'get', 'registry']);
  let url = '';
  const server = serve(packed, stdout.trim(), () => url).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
