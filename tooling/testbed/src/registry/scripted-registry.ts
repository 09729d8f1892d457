import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { blobBytes, digestOf, type TestImage } from '../image/test-image.js';

/** Answers a request, or leaves it to the next by returning false. */
export type Script = (request: IncomingMessage, response: ServerResponse, registry: ScriptedRegistry) => boolean | Promise<boolean>;

/** A registry in this process that can be made to misbehave: each script sees a request before the honest answer is given. */
export class ScriptedRegistry implements AsyncDisposable {
  /** `METHOD path` of all requests. */
  readonly requests: string[] = [];
  readonly #images = new Map<string, TestImage>();
  readonly #blobs = new Map<string, Buffer>();
  readonly #scripts: Script[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(...scripts: Script[]): Promise<ScriptedRegistry> {
    const registry = new ScriptedRegistry();
    registry.#scripts.push(...scripts);
    await new Promise<void>((resolve) => registry.#server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  /** `127.0.0.1:43211`. */
  get host(): string {
    return `127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** Offers an image as `repository:tag`; @returns its full reference. */
  add(name: string, image: TestImage): string {
    this.#images.set(name, image);
    for (const { digest } of image.manifests)
      this.#images.set(`${name.split(':')[0] ?? ''}@${digest}`, {
        ...image,
        root: image.manifests.find((one) => one.digest === digest) ?? image.root,
      });
    for (const digest of image.blobs.keys()) this.#blobs.set(digest, blobBytes(image, digest));
    return `${this.host}/${name}`;
  }

  addBlob(content: Buffer): string {
    const digest = digestOf(content);
    this.#blobs.set(digest, content);
    return digest;
  }

  /** The content of a blob that it offers. */
  blob(digest: string): Buffer | undefined {
    return this.#blobs.get(digest);
  }

  /** How many requests' `METHOD path` match. */
  count(pattern: RegExp): number {
    return this.requests.filter((request) => pattern.test(request)).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    response.on('error', () => undefined);
    for (const script of this.#scripts) if (await script(request, response, this)) return;
    const path = request.url ?? '';
    const manifest = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(path);
    const blob = /^\/v2\/.+\/blobs\/(.+)$/.exec(path);
    if (path === '/v2/') response.writeHead(200).end('{}');
    else if (manifest !== null)
      this.#manifest(`${manifest[1] ?? ''}${(manifest[2] ?? '').includes(':') ? '@' : ':'}${manifest[2] ?? ''}`, response);
    else this.#blob(blob?.[1] ?? '', request, response);
  }

  #manifest(name: string, response: ServerResponse): void {
    const image = this.#images.get(name);
    if (image === undefined) {
      response
        .writeHead(404, { 'content-type': 'application/json' })
        .end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}');
      return;
    }
    response.writeHead(200, { 'content-type': image.root.mediaType, 'docker-content-digest': image.root.digest });
    response.end(blobBytes(image, image.root.digest));
  }

  #blob(digest: string, request: IncomingMessage, response: ServerResponse): void {
    const content = this.#blobs.get(digest);
    if (content === undefined) {
      response.writeHead(404).end();
      return;
    }
    const begin = Number(/^bytes=([0-9]+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const headers = { 'content-length': content.length - begin, 'content-type': 'application/octet-stream' };
    if (begin === 0) response.writeHead(200, headers);
    else
      response.writeHead(206, {
        ...headers,
        'content-range': `bytes ${String(begin)}-${String(content.length - 1)}/${String(content.length)}`,
      });
    response.end(content.subarray(begin));
  }
}
