import { BoxliteError } from '@boxlite/shared';
import { isObject } from '../format/json.js';
import type { HttpResponse } from './http-client.js';
import { PassingFailure, retryAfterMs } from './retry.js';

const MAX_ERROR_BYTES = 16 * 1024;

/** What the registry says of its error (distribution-spec, "Error Codes"), made fit for a message. */
const explanation = async (response: HttpResponse): Promise<string> => {
  try {
    const value: unknown = JSON.parse((await response.bytes(MAX_ERROR_BYTES)).toString('utf8'));
    const first: unknown = isObject(value) && Array.isArray(value['errors']) ? value['errors'][0] : value;
    const text = isObject(first) ? (first['message'] ?? first['details'] ?? first['code']) : undefined;
    // A registry must not be able to steer the terminal.
    return typeof text === 'string' && text !== '' ? ` (${text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, 200)})` : '';
  } catch {
    return '';
  }
};

export const unauthorized = (message: string): BoxliteError => new BoxliteError('Image', message, { reason: 'unauthorized' });

/**
 * What to throw for an answer that is none of 2xx: a BoxliteError, or a {@link PassingFailure} when asking again may help. Reads the body.
 * @param what what was asked for: `manifest of docker.io/library/debian:12`
 * @param denied the message for 401 and 403, which depends on the credentials that were used
 */
export const registryFailure = async (
  response: HttpResponse,
  what: string,
  host: string,
  denied: () => Promise<BoxliteError>,
): Promise<BoxliteError | PassingFailure> => {
  const { status, url } = response;
  const retryAfter = retryAfterMs(response.header('retry-after'));
  const said = await explanation(response);
  const where = url.host === host ? host : `${host} (by ${url.host})`;
  if (status === 429) {
    const when = retryAfter === undefined ? 'try again later' : `try again in ${Math.ceil(retryAfter / 1000)} s`;
    const error = new BoxliteError(
      'ResourceExhausted',
      `registry ${where} limits how often it is asked${said}; ${when}, or log in for a higher limit`,
      {
        reason: 'rate-limited',
      },
    );
    return new PassingFailure(error, retryAfter);
  }
  if (status >= 500 || status === 408) {
    const error = new BoxliteError('Network', `registry ${where} answered ${what} with status ${status}${said}; try again later`, {
      reason: 'registry-error',
    });
    return new PassingFailure(error, retryAfter);
  }
  if (url.host !== host && status >= 400) {
    // A storage server that the registry sent us to: its signed address may have run out, a new one comes with the next attempt.
    return new PassingFailure(
      new BoxliteError('Network', `${url.host}, to which registry ${host} redirects, answered ${what} with status ${status}`, {
        reason: 'registry-error',
      }),
    );
  }
  if (status === 401 || status === 403) return denied();
  if (status === 404) {
    return new BoxliteError('NotFound', `${what} was not found in registry ${where}${said}; check the name and the tag`, {
      reason: 'image-not-found',
    });
  }
  return new BoxliteError('Network', `registry ${where} answered ${what} with the unexpected status ${status}${said}`, {
    reason: 'unexpected-status',
  });
};
