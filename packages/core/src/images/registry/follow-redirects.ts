import { BoxliteError } from '@boxlite/shared';
import type { HttpClient, HttpRequest, HttpResponse } from './http-client.js';

const MAX_REDIRECTS = 10;
const REDIRECT = new Set([301, 302, 303, 307, 308]);

const refused = (url: URL, why: string) =>
  new BoxliteError('Network', `${url.host} redirects in a way that is not followed: ${why}`, { reason: 'bad-redirect' });

const target = (response: HttpResponse): URL => {
  const location = response.header('location');
  let url: URL | undefined;
  try {
    url = new URL(location ?? '', response.url);
  } catch {
    // Said below.
  }
  if (location === undefined || (url?.protocol !== 'http:' && url?.protocol !== 'https:'))
    throw refused(response.url, 'it names no http or https address');
  if (response.url.protocol === 'https:' && url.protocol === 'http:') throw refused(response.url, 'from https to http');
  url.username = url.password = url.hash = '';
  return url;
};

const withoutAuthorization = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'authorization'));

/** Sends a GET and goes where it is sent on to. Credentials stay with the host they are for. */
export const sendFollowing = async (http: HttpClient, url: URL, request: HttpRequest, ca?: string): Promise<HttpResponse> => {
  let [next, current] = [url, request];
  for (let hops = 0; ; hops += 1) {
    const response = await http.send(next, current, ca);
    if (!REDIRECT.has(response.status)) return response;
    response.discard();
    if (hops === MAX_REDIRECTS) throw refused(response.url, `more than ${MAX_REDIRECTS} times`);
    next = target(response);
    if (next.origin !== url.origin) current = { ...current, headers: withoutAuthorization(current.headers ?? {}) };
  }
};
