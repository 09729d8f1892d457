import { BoxliteError } from '@boxlite/shared';
import type { Descriptor } from '../format/descriptor.js';
import { digestOf, isDigest, shortDigest } from '../format/digest.js';
import { MAX_MANIFEST_BYTES } from '../format/limits.js';
import { MANIFEST_ACCEPT } from '../format/media-types.js';
import { Authorizer } from './authorizer.js';
import { Endpoint } from './endpoint.js';
import { sendFollowing } from './follow-redirects.js';
import type { HttpClient, HttpResponse, HttpTimeouts } from './http-client.js';
import { registryFailure } from './registry-error.js';
import type { RegistryOptions } from './registry-options.js';
import { type RetryPolicy, withRetries } from './retry.js';

export interface RegistrySettings {
  http: HttpClient;
  timeouts: HttpTimeouts;
  retry: RetryPolicy;
}

/** A manifest or index as it came, its digest known. */
export interface FetchedManifest {
  readonly bytes: Buffer;
  readonly digest: string;
  /** By the Content-Type header; may be anything. */
  readonly mediaType: string;
}

/** Speaks the OCI distribution protocol (pull only) with one registry. */
export class RegistryClient {
  readonly host: string;
  readonly #endpoint: Endpoint;
  readonly #authorizer: Authorizer;
  readonly #settings: RegistrySettings;

  constructor(host: string, settings: RegistrySettings, options: RegistryOptions | undefined) {
    this.host = host;
    this.#settings = settings;
    this.#endpoint = new Endpoint(host, settings.http, options);
    this.#authorizer = new Authorizer({ ...settings, endpoint: this.#endpoint, documentMs: settings.timeouts.documentMs, options });
  }

  /**
   * Fetches a manifest or index by tag or digest (distribution-spec, "Pulling manifests").
   * @throws BoxliteError `NotFound`; `Image` with reason `unauthorized`, `digest-mismatch` or `too-long`; `Network`; `ResourceExhausted`
   */
  async manifest(repository: string, selector: string, signal?: AbortSignal): Promise<FetchedManifest> {
    const what = `${this.host}/${repository}${isDigest(selector) ? '@' : ':'}${selector}`;
    return withRetries(this.#settings.retry, signal, async () => {
      const deadlineMs = this.#settings.timeouts.documentMs;
      const response = await this.#get(repository, `manifests/${selector}`, what, { accept: MANIFEST_ACCEPT }, signal, deadlineMs);
      return this.#checked(await response.bytes(MAX_MANIFEST_BYTES), response, selector, what);
    });
  }

  /**
   * Begins to fetch a blob from a byte on; the answer's body is not checked. One attempt, to be made within {@link withRetries}.
   * The answer has status 206 and begins at `offset`, or 200 and begins at 0.
   */
  async blob(repository: string, descriptor: Descriptor, offset: number, signal?: AbortSignal): Promise<HttpResponse> {
    const what = `blob ${shortDigest(descriptor.digest)} of ${this.host}/${repository}`;
    const headers: Record<string, string> = offset === 0 ? {} : { range: `bytes=${offset}-` };
    return this.#get(repository, `blobs/${descriptor.digest}`, what, headers, signal);
  }

  #checked(bytes: Buffer, response: HttpResponse, selector: string, what: string): FetchedManifest {
    const digest = digestOf(bytes);
    const promised = isDigest(selector) ? selector : response.header('docker-content-digest');
    if (isDigest(promised) && promised !== digest) {
      throw new BoxliteError('Image', `the manifest of ${what} has the wrong content: its digest is ${digest}, not ${promised}`, {
        reason: 'digest-mismatch',
      });
    }
    const mediaType = (response.header('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
    return { bytes, digest, mediaType };
  }

  /** One attempt at a GET, with credentials when they are asked for. */
  async #get(
    repository: string,
    path: string,
    what: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
    deadlineMs?: number,
  ): Promise<HttpResponse> {
    const scope = `repository:${repository}:pull`;
    const url = new URL(`${repository}/${path}`, await this.#endpoint.base(signal));
    const limits = { signal, ...(deadlineMs === undefined ? {} : { deadlineMs }) };
    const send = (authorization: string | undefined) =>
      sendFollowing(
        this.#settings.http,
        url,
        { headers: authorization === undefined ? headers : { ...headers, authorization }, ...limits },
        this.#endpoint.ca,
      );
    const first = await this.#authorizer.header(scope, signal);
    let response = await send(first);
    if (response.status === 401 && response.url.origin === url.origin) {
      response.discard();
      response = await send(await this.#authorizer.answer(response, scope, first, signal));
    }
    if (response.status === 200 || response.status === 206) return response;
    throw await registryFailure(response, what, url.host, () => this.#authorizer.denied());
  }
}
