import { homedir } from 'node:os';
import { join } from 'node:path';
import { BoxliteError } from '@boxlite/shared';
import { isObject, type JsonObject } from '../format/json.js';
import { readBounded } from '../../state/files.js';

export type Credentials = { readonly username: string; readonly password: string } | { readonly identityToken: string };

/** What Docker's configuration says of one registry. */
export interface DockerLogin {
  readonly credentials: Credentials | undefined;
  /** Name of a program that holds the credentials; such programs are not run. */
  readonly helper: string | undefined;
}

const MAX_BYTES = 1024 * 1024;

/** That of a user without a home directory, as containers have them, is the root. */
const userHome = (): string => {
  try {
    return homedir();
  } catch {
    return '/';
  }
};

export const dockerConfigPath = (): string => join(process.env['DOCKER_CONFIG'] || join(userHome(), '.docker'), 'config.json');

/** Docker Hub's entry has the address of an API that is long gone. */
const entryHost = (key: string): string => {
  const host = key.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  return host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host;
};

const find = (entries: unknown, host: string): unknown =>
  isObject(entries) ? Object.entries(entries).find(([key]) => entryHost(key) === host)?.[1] : undefined;

const readCredentials = (entry: unknown): Credentials | undefined => {
  if (!isObject(entry)) return undefined;
  const text = (field: string) => (typeof entry[field] === 'string' ? entry[field] : '');
  if (text('identitytoken') !== '') return { identityToken: text('identitytoken') };
  if (text('username') !== '') return { username: text('username'), password: text('password') };
  const decoded = Buffer.from(text('auth'), 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = decoded.indexOf(':');
  return colon > 0 ? { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) } : undefined;
};

/**
 * What `docker login` has left for a registry (`config.json`: auths, credHelpers, credsStore). Read anew each time, so that a login counts at once.
 * @throws BoxliteError `Config` when the file is there and cannot be read
 */
export const readDockerLogin = async (host: string, path = dockerConfigPath()): Promise<DockerLogin> => {
  let config: JsonObject = {};
  try {
    const bytes = await readBounded(path, MAX_BYTES);
    const value: unknown = bytes === undefined || bytes.length === 0 ? {} : JSON.parse(bytes.toString('utf8'));
    if (isObject(value)) config = value;
  } catch (error) {
    // A parser's message quotes the text, and with it passwords: it goes nowhere.
    const why = error instanceof SyntaxError ? 'it is not valid JSON' : (error as Error).message;
    throw new BoxliteError('Config', `Docker's configuration ${path} cannot be read: ${why}`, { reason: 'docker-config' });
  }
  const helper = find(config['credHelpers'], host) ?? config['credsStore'];
  return {
    credentials: readCredentials(find(config['auths'], host)),
    helper: typeof helper === 'string' && helper !== '' ? helper : undefined,
  };
};
