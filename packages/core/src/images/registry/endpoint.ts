import { BoxliteError } from '@boxlite/shared';
import type { HttpClient } from './http-client.js';
import { isLoopback } from './loopback.js';
import { isCertificateError } from './network-error.js';
import type { RegistryOptions } from './registry-options.js';

/** Docker Hub is named one way and reached another. */
const ADDRESS: Readonly<Record<string, string>> = { 'docker.io': 'registry-1.docker.io' };

/** Where a registry is: its address, and whether it is spoken to by https or http. Asked once, then kept. */
export class Endpoint {
  readonly host: string;
  readonly #http: HttpClient;
  readonly #options: RegistryOptions | undefined;
  #found: Promise<URL> | undefined;

  constructor(host: string, http: HttpClient, options: RegistryOptions | undefined) {
    this.host = host;
    this.#http = http;
    this.#options = options;
  }

  get ca(): string | undefined {
    return this.#options?.ca;
  }

  /** `https://registry-1.docker.io/v2/`. */
  base(signal?: AbortSignal): Promise<URL> {
    const address = ADDRESS[this.host] ?? this.host;
    const protocol = this.#options?.protocol ?? (isLoopback(address) ? undefined : 'https');
    if (protocol !== undefined) return Promise.resolve(new URL(`${protocol}://${address}/v2/`));
    this.#found ??= this.#probe(address, signal).catch((error: unknown) => {
      this.#found = undefined;
      throw error;
    });
    return this.#found;
  }

  /** On this machine https is tried first and http after it, as Docker does. */
  async #probe(address: string, signal: AbortSignal | undefined): Promise<URL> {
    const [secure, plain] = [new URL(`https://${address}/v2/`), new URL(`http://${address}/v2/`)];
    try {
      (await this.#http.send(secure, { signal }, this.ca)).discard();
      return secure;
    } catch (error) {
      if (!(error instanceof BoxliteError) || isCertificateError(error)) throw error;
    }
    (await this.#http.send(plain, { signal })).discard();
    return plain;
  }
}
