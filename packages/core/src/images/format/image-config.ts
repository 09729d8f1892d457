import { BoxliteError } from '@boxlite/shared';
import { isDigest } from './digest.js';
import { type ImageHealthCheck, readImageHealthCheck } from './image-health-check.js';
import { asArray, asObject, asString, asStrings, type JsonObject, malformed, optional, parseObject } from './json.js';
import { MAX_CONFIG_ENTRIES, MAX_LAYERS } from './limits.js';
import { formatPlatform, type Platform, platformDistance, readPlatform } from './platform.js';

/** How an image wants to be run (image-spec, config.md), checked. Plain data. */
export interface ImageConfig {
  /** `NAME=value`, each name once. */
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** Absolute; null when the image does not say. */
  readonly workingDir: string | null;
  /** `name|uid[:group|gid]`; null when the image does not say, which means root. */
  readonly user: string | null;
  readonly exposedPorts: readonly { readonly port: number; readonly protocol: 'tcp' | 'udp' }[];
  /** Absolute paths that the image wants to outlive a container. */
  readonly volumes: readonly string[];
  /** `SIGTERM`, or a number as text; null when the image does not say. */
  readonly stopSignal: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Null when the image does not say. */
  readonly healthCheck: ImageHealthCheck | null;
}

/** An image's configuration blob, checked. */
export interface ImageConfigDocument {
  readonly platform: Platform;
  /** When the image was built. */
  readonly createdAt: Date | undefined;
  /** Digests of the layers' tar archives, uncompressed; base first. */
  readonly diffIds: readonly string[];
  readonly config: ImageConfig;
}

const readEnv = (value: unknown, what: string): string[] => {
  const variables = new Map<string, string>();
  for (const entry of asStrings(value, what, 'config.Env', MAX_CONFIG_ENTRIES)) {
    const equals = entry.indexOf('=');
    // Docker keeps a name without a value as "unset"; there is nothing to unset here.
    if (equals > 0) variables.set(entry.slice(0, equals), entry);
  }
  return [...variables.values()];
};

const readPort = (text: string, what: string): { port: number; protocol: 'tcp' | 'udp' }[] => {
  const match = /^([0-9]{1,5})(?:\/(tcp|udp|sctp))?$/.exec(text);
  const port = Number(match?.[1]);
  if (match === null || port < 1 || port > 65_535)
    throw malformed(what, `exposed port ${JSON.stringify(text.slice(0, 40))} must be number[/tcp|/udp]`);
  if (match[2] === 'sctp') return [];
  return [{ port, protocol: match[2] === 'udp' ? 'udp' : 'tcp' }];
};

const keysOf = (value: unknown, what: string, field: string): string[] => {
  const keys = Object.keys(asObject(value, what, field));
  asArray(keys, what, field, MAX_CONFIG_ENTRIES);
  return keys.map((key) => asString(key, what, field));
};

const absolute = (path: string, what: string, field: string): string => {
  if (!path.startsWith('/')) throw malformed(what, `${field} ${JSON.stringify(path.slice(0, 100))} must be an absolute path`);
  return path;
};

const readLabels = (value: unknown, what: string): Record<string, string> =>
  Object.fromEntries(
    keysOf(value, what, 'config.Labels').map((key) => [
      key,
      asString((value as JsonObject)[key], what, `label ${JSON.stringify(key.slice(0, 100))}`),
    ]),
  );

const readConfig = (config: JsonObject, what: string): ImageConfig => {
  const strings = (field: string) =>
    optional(config[field], (value) => asStrings(value, what, `config.${field}`, MAX_CONFIG_ENTRIES)) ?? [];
  const text = (field: string) => optional(config[field], (value) => asString(value, what, `config.${field}`)) || null;
  const workingDir = text('WorkingDir');
  const stopSignal = text('StopSignal');
  if (stopSignal !== null && !/^(?:SIG)?[A-Z0-9+-]{1,16}$/.test(stopSignal))
    throw malformed(what, 'config.StopSignal is not the name of a signal');
  return {
    env: optional(config['Env'], (value) => readEnv(value, what)) ?? [],
    entrypoint: strings('Entrypoint'),
    cmd: strings('Cmd'),
    workingDir: workingDir === null ? null : absolute(workingDir, what, 'config.WorkingDir'),
    user: text('User'),
    exposedPorts:
      optional(config['ExposedPorts'], (value) => keysOf(value, what, 'config.ExposedPorts').flatMap((key) => readPort(key, what))) ?? [],
    volumes:
      optional(config['Volumes'], (value) =>
        keysOf(value, what, 'config.Volumes').map((path) => (path.startsWith('/') ? path : `/${path}`)),
      ) ?? [],
    stopSignal,
    healthCheck: optional(config['Healthcheck'], (value) => readImageHealthCheck(value, what)) ?? null,
    labels: optional(config['Labels'], (value) => readLabels(value, what)) ?? {},
  };
};

const readDate = (text: string): Date | undefined => {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date;
};

/** Reads the bytes of a configuration blob whose digest was already checked. */
export const parseImageConfig = (bytes: Uint8Array, what: string): ImageConfigDocument => {
  const document = parseObject(bytes, what);
  const platform = readPlatform(document, what);
  if (platform === undefined) throw malformed(what, 'os and architecture must be given');
  const rootfs = asObject(document['rootfs'] ?? {}, what, 'rootfs');
  const diffIds = asArray(rootfs['diff_ids'] ?? [], what, 'rootfs.diff_ids', MAX_LAYERS);
  return {
    platform,
    createdAt: optional(document['created'], (value) => readDate(asString(value, what, 'created'))),
    diffIds: diffIds.map((digest) => {
      if (!isDigest(digest)) throw malformed(what, 'rootfs.diff_ids must be sha256 digests');
      return digest;
    }),
    config: readConfig(optional(document['config'], (value) => asObject(value, what, 'config')) ?? {}, what),
  };
};

/**
 * Checks that a configuration belongs to its manifest and can run on the platform.
 * @throws BoxliteError `Image`
 */
export const checkImageConfig = (document: ImageConfigDocument, layerCount: number, wanted: Platform, what: string): void => {
  if (document.diffIds.length !== layerCount) {
    throw malformed(what, `it speaks of ${document.diffIds.length} layers, its manifest of ${layerCount}`);
  }
  if (platformDistance(wanted, document.platform) === undefined) {
    throw new BoxliteError('Image', `${what} is for ${formatPlatform(document.platform)}; ${formatPlatform(wanted)} is needed`, {
      reason: 'platform-not-found',
    });
  }
};
