import { BoxliteError } from '@boxlite/shared';
import type { Reference } from '../reference/reference.js';
import { checkRegistryOptions } from './check-registry-options.js';
import { DEFAULT_TIMEOUTS, HttpClient, type HttpTimeouts } from './http-client.js';
import { RegistryClient } from './registry-client.js';
import type { RegistryOptions } from './registry-options.js';
import { DEFAULT_RETRY, type RetryPolicy } from './retry.js';

/** All registries that were spoken to, with their tokens and connections. */
export class Registries {
  readonly #options: ReadonlyMap<string, RegistryOptions>;
  readonly #clients = new Map<string, RegistryClient>();
  readonly #http: HttpClient;
  readonly retry: RetryPolicy;
  readonly #timeouts: HttpTimeouts;

  /** @throws BoxliteError `InvalidArgument` for options that are not valid */
  constructor(options: readonly RegistryOptions[], timeouts: Partial<HttpTimeouts> = {}, retry: Partial<RetryPolicy> = {}) {
    checkRegistryOptions(options);
    this.#options = new Map(options.map((entry) => [entry.host, entry]));
    this.#timeouts = { ...DEFAULT_TIMEOUTS, ...timeouts };
    this.retry = { ...DEFAULT_RETRY, ...retry };
    this.#http = new HttpClient(this.#timeouts);
  }

  /** Who may have an image, in the order to be asked: mirrors, then its own registry. */
  sources({ registry }: Reference): RegistryClient[] {
    const mirrors = this.#options.get(registry)?.mirrors ?? [];
    return [...mirrors, registry].map((host) => this.#client(host));
  }

  /** Breaks off what is under way. */
  close(): Promise<void> {
    return this.#http.close();
  }

  #client(host: string): RegistryClient {
    const present = this.#clients.get(host);
    if (present !== undefined) return present;
    const client = new RegistryClient(host, { http: this.#http, timeouts: this.#timeouts, retry: this.retry }, this.#options.get(host));
    this.#clients.set(host, client);
    return client;
  }
}

/** Failures after which the next source is asked; a full disk or an abort are not among them. */
const isOfSource = (error: unknown): boolean =>
  error instanceof BoxliteError && ['NotFound', 'Network', 'Image', 'ResourceExhausted', 'Unsupported'].includes(error.code);

/** Asks one source after another; the last one's error is the one that counts, as it is the image's own registry. */
export const fromFirst = async <T>(
  sources: readonly RegistryClient[],
  ask: (source: RegistryClient) => Promise<T>,
): Promise<{ source: RegistryClient; value: T }> => {
  for (const [position, source] of sources.entries()) {
    try {
      return { source, value: await ask(source) };
    } catch (error) {
      if (position === sources.length - 1 || !isOfSource(error)) throw error;
    }
  }
  throw new BoxliteError('Internal', 'no registry to ask');
};
