import { BoxliteError } from '@boxlite/shared';
import { isObject } from '../format/json.js';
import type { Challenge } from './challenge.js';
import type { Credentials } from './docker-config.js';
import { sendFollowing } from './follow-redirects.js';
import { basic, type HttpClient, type HttpResponse } from './http-client.js';
import { isLoopback } from './loopback.js';
import { registryFailure } from './registry-error.js';

export interface Token {
  readonly value: string;
  /** Time of {@link performance.now} after which a new one is fetched. */
  readonly expiresAt: number;
}

const MAX_TOKEN_BYTES = 256 * 1024;
/** The least that a token lives (distribution, token specification). */
const LEAST_SECONDS = 60;

export interface TokenRequest {
  readonly http: HttpClient;
  readonly documentMs: number;
  /** Registry the token is for. */
  readonly host: string;
  /** Address of the registry; a token server must not be less protected than it. */
  readonly base: URL;
  readonly ca: string | undefined;
  readonly challenge: Challenge;
  readonly scope: string;
  readonly credentials: Credentials | undefined;
  readonly denied: () => Promise<BoxliteError>;
  readonly signal: AbortSignal | undefined;
}

const realmOf = ({ challenge, base, host }: TokenRequest): URL => {
  const realm = challenge.parameters.get('realm') ?? '';
  let url: URL | undefined;
  try {
    url = new URL(realm);
  } catch {
    // Said below.
  }
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new BoxliteError('Network', `registry ${host} names no usable token server (realm ${JSON.stringify(realm.slice(0, 200))})`, {
      reason: 'bad-realm',
    });
  }
  if (base.protocol === 'https:' && url.protocol === 'http:' && !isLoopback(url.host)) {
    throw new BoxliteError('Network', `registry ${host} wants a token to be fetched from ${url.host} in the clear; that is not done`, {
      reason: 'bad-realm',
    });
  }
  url.username = url.password = url.hash = '';
  return url;
};

const ask = ({ http, challenge, scope, credentials, ca, signal, documentMs }: TokenRequest, realm: URL): Promise<HttpResponse> => {
  const service = challenge.parameters.get('service');
  if (credentials !== undefined && 'identityToken' in credentials) {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'boxlite',
      refresh_token: credentials.identityToken,
      scope,
    });
    if (service !== undefined) form.set('service', service);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return http.send(realm, { method: 'POST', headers, body: form.toString(), signal, deadlineMs: documentMs }, ca);
  }
  if (service !== undefined) realm.searchParams.set('service', service);
  realm.searchParams.append('scope', scope);
  const headers: Record<string, string> =
    credentials === undefined ? {} : { authorization: basic(credentials.username, credentials.password) };
  return sendFollowing(http, realm, { headers, signal, deadlineMs: documentMs }, ca);
};

const readToken = (bytes: Buffer, host: string): Token => {
  let body: unknown;
  try {
    body = JSON.parse(bytes.toString('utf8'));
  } catch {
    body = undefined;
  }
  const fields = isObject(body) ? body : {};
  const value = fields['token'] || fields['access_token'];
  if (typeof value !== 'string' || !/^[\x21-\x7e]{1,65536}$/.test(value)) {
    throw new BoxliteError('Network', `the token server of registry ${host} gave no usable token`, { reason: 'bad-token' });
  }
  const seconds = typeof fields['expires_in'] === 'number' && Number.isFinite(fields['expires_in']) ? fields['expires_in'] : LEAST_SECONDS;
  return { value, expiresAt: performance.now() + Math.max(LEAST_SECONDS, seconds) * 900 };
};

/**
 * Fetches a bearer token (distribution, token specification): by GET with the user's name and password, by POST with an identity token, or anonymously.
 * One attempt; throws as {@link registryFailure} does.
 */
export const fetchToken = async (request: TokenRequest): Promise<Token> => {
  const response = await ask(request, realmOf(request));
  if (response.status === 200) return readToken(await response.bytes(MAX_TOKEN_BYTES), request.host);
  throw await registryFailure(response, `the request of a token for ${request.host}`, response.url.host, request.denied);
};
