import { rootCertificates } from 'node:tls';
import { AbortError, BoxliteError, throwIfAborted } from '@boxlite/shared';
import type { Agent, Dispatcher } from 'undici';
import { networkError } from './network-error.js';
import { proxyFor } from './proxy.js';

export interface HttpTimeouts {
  /** Until a connection stands, TLS included. */
  connectMs: number;
  /** Until an answer begins, and between two pieces of it. */
  stallMs: number;
  /** For a whole small document: manifest, configuration, token. */
  documentMs: number;
}

export const DEFAULT_TIMEOUTS: HttpTimeouts = { connectMs: 15_000, stallMs: 30_000, documentMs: 60_000 };

export interface HttpRequest {
  method?: 'GET' | 'HEAD' | 'POST';
  headers?: Readonly<Record<string, string>>;
  body?: string;
  signal?: AbortSignal | undefined;
  /** For the whole exchange, body included. */
  deadlineMs?: number;
}

export interface HttpResponse {
  readonly url: URL;
  readonly status: number;
  header(name: string): string | undefined;
  /** All values of a header that may come more than once, joined by commas. */
  headers(name: string): string;
  /** The bytes as they come, with back-pressure. Must be read, or given up by {@link discard}. */
  readonly body: AsyncIterable<Buffer>;
  /** Reads all; @throws BoxliteError `Image`, reason `too-long`, beyond `max` bytes. */
  bytes(max: number): Promise<Buffer>;
  discard(): void;
}

/** Loaded with the first request: it takes a third of the time that loading all of BoxLite does, and most programs pull nothing. */
const undici = () => import('./undici-parts.js');

const agentOptions = (timeouts: HttpTimeouts): Agent.Options => ({
  headersTimeout: timeouts.stallMs,
  bodyTimeout: timeouts.stallMs,
  connections: 8,
  pipelining: 1,
});

/**
 * Sends single HTTP requests: proxies of the environment, trusted certificates, timeouts, errors named.
 * Knows nothing of registries and follows no redirect.
 */
export class HttpClient {
  readonly #timeouts: HttpTimeouts;
  readonly #dispatchers = new Map<string, Promise<Dispatcher>>();

  constructor(timeouts: HttpTimeouts) {
    this.#timeouts = timeouts;
  }

  /** @param ca further trusted certificates, PEM */
  async send(url: URL, { method = 'GET', headers = {}, body, signal, deadlineMs }: HttpRequest, ca?: string): Promise<HttpResponse> {
    throwIfAborted(signal);
    const proxy = proxyFor(url);
    const deadline = deadlineMs === undefined ? undefined : AbortSignal.timeout(deadlineMs);
    const fail = (error: unknown): unknown => {
      if (signal?.aborted) return new AbortError(signal.reason);
      return networkError(deadline?.aborted ? Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' }) : error, url.host, proxy);
    };
    const signals = [signal, deadline].filter((one) => one !== undefined);
    try {
      const { request } = await undici();
      const response = await request(url, {
        method,
        headers: { 'user-agent': 'boxlite', 'accept-encoding': 'identity', ...headers },
        body: body ?? null,
        signal: signals.length === 0 ? null : AbortSignal.any(signals),
        dispatcher: await this.#dispatcher(proxy, ca),
      });
      return new UndiciResponse(url, response, fail);
    } catch (error) {
      throw fail(error);
    }
  }

  async close(): Promise<void> {
    const dispatchers = [...this.#dispatchers.values()];
    this.#dispatchers.clear();
    await Promise.all(dispatchers.map(async (dispatcher) => (await dispatcher).destroy()));
  }

  #dispatcher(proxy: string | undefined, ca: string | undefined): Promise<Dispatcher> {
    const key = `${proxy ?? ''}\n${ca ?? ''}`;
    const present = this.#dispatchers.get(key);
    if (present !== undefined) return present;
    const connect = { timeout: this.#timeouts.connectMs, ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }) };
    const dispatcher = this.#open(proxy, connect);
    this.#dispatchers.set(key, dispatcher);
    dispatcher.catch(() => this.#dispatchers.delete(key));
    return dispatcher;
  }

  async #open(proxy: string | undefined, connect: { timeout: number; ca?: string[] }): Promise<Dispatcher> {
    const { Agent, ProxyAgent } = await undici();
    if (proxy === undefined) return new Agent({ ...agentOptions(this.#timeouts), connect });
    const url = proxyUrl(proxy);
    const { username, password } = url;
    const token = username === '' ? {} : { token: basic(decodeURIComponent(username), decodeURIComponent(password)) };
    url.username = url.password = '';
    return new ProxyAgent({ ...agentOptions(this.#timeouts), uri: url.href, requestTls: connect, proxyTls: connect, ...token });
  }
}

const proxyUrl = (proxy: string): URL => {
  let url: URL | undefined;
  try {
    url = new URL(proxy);
  } catch {
    // Said below, without the text: it may hold a password.
  }
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new BoxliteError('Config', 'the proxy named by HTTPS_PROXY or HTTP_PROXY must be an http or https URL', {
      reason: 'invalid-proxy',
    });
  }
  return url;
};

/** The value of an Authorization header. */
export const basic = (username: string, password: string): string => `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

class UndiciResponse implements HttpResponse {
  constructor(
    readonly url: URL,
    private readonly response: Dispatcher.ResponseData,
    private readonly fail: (error: unknown) => unknown,
  ) {
    // An answer that is given up may still fail afterwards; nobody is left to tell.
    this.response.body.on('error', () => undefined);
  }

  get status(): number {
    return this.response.statusCode;
  }

  header(name: string): string | undefined {
    const value = this.response.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  headers(name: string): string {
    const value = this.response.headers[name] ?? '';
    return Array.isArray(value) ? value.join(', ') : value;
  }

  get body(): AsyncIterable<Buffer> {
    return this.read();
  }

  private async *read(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of this.response.body) yield chunk as Buffer;
    } catch (error) {
      throw this.fail(error);
    }
  }

  async bytes(max: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of this.body) {
      length += chunk.length;
      if (length > max) {
        throw new BoxliteError(
          'Image',
          `the answer of ${this.url.host} to ${this.url.pathname} is longer than the ${max} bytes that are accepted`,
          {
            reason: 'too-long',
          },
        );
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, length);
  }

  discard(): void {
    this.response.body.destroy();
  }
}
