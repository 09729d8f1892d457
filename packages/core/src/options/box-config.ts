import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { BoxliteError, checkOptions } from '@boxlite/shared';
import type { JailRequirement } from '@boxlite/shim';
import { unsupported } from '../unsupported.js';
import { EMBEDDED_IMAGE } from '../images/embedded-image.js';
import { parseReference } from '../images/reference/parse-reference.js';
import type { BoxOptions } from './box-options.js';
import { type BoxVolume, checkVolumes } from '../volumes/volume-options.js';
import { containerCapabilities } from './capabilities.js';
import { type CheckedDiskLimits, checkDiskLimits } from './disk-limits.js';
import { checkHealthCheck, type HealthCheckConfig } from './health-check.js';
import { newMachineId } from './machine-id.js';
import { checkRestart, type RestartPolicy } from './restart-policy.js';
import { type Confinement, confinement, CONFINEMENT_OPTIONS } from './confinement.js';
import { checkSecurity } from './security.js';
import { checkStopSignal } from './stop-signal.js';

/** A Box's options, checked and with their defaults: what `config.json` keeps. */
export interface BoxConfig {
  version: 1;
  id: string;
  name: string | null;
  /** ISO 8601, UTC. */
  createdAt: string;
  source: { kind: 'image'; reference: string } | { kind: 'ociLayout'; path: string } | { kind: 'archive'; path: string };
  labels: Record<string, string>;
  cpus: number;
  memoryMib: number;
  diskSizeMib: number;
  diskLimits: CheckedDiskLimits;
  env: Record<string, string>;
  workingDir: string | null;
  user: string | null;
  /** Of the main process, as {@link BoxOptions} says; there is none when both are null and `tty` is false. */
  entrypoint: string[] | null;
  cmd: string[] | null;
  tty: boolean;
  openStdin: boolean;
  /** `null`: as the image says. */
  stopSignal: string | null;
  hostname: string;
  /** What tells the Box from other machines, over its stops and starts: a UUID of version 4 in 32 hexadecimal digits (machine-id(5)). */
  machineId: string;
  detach: boolean;
  autoRemove: boolean;
  idleTimeoutMs: number | null;
  /** `null`: as the image says. */
  healthCheck: HealthCheckConfig | 'none' | null;
  restart: RestartPolicy;
  capabilities: string[];
  confinement: Confinement;
  /** What of the jail must be in force; the runtime may require more. */
  security: JailRequirement[];
  /** In the order in which they are mounted. */
  volumes: BoxVolume[];
}

const MAX_CPUS = 255; // q35's limit without an interrupt remapping unit
const MAX_MEMORY_MIB = 1 << 20; // 1 TiB
const MAX_DISK_MIB = 1 << 24; // 16 TiB, ext4's limit with 4 KiB blocks and 32-bit block numbers
const MAX_WORDS = 10_000;
/** What timers can wait: 24.8 days. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;
const MAX_ENV_BYTES = 1 << 20;
/** Linux takes no longer string for a new process (MAX_ARG_STRLEN, binfmts.h), its NUL included. */
const MAX_VARIABLE_BYTES = 128 << 10;

const OPTIONS = [
  'image',
  'rootfs',
  'name',
  'labels',
  'cpus',
  'memoryMib',
  'diskSizeMib',
  'diskLimits',
  'env',
  'workingDir',
  'user',
  'hostname',
  'entrypoint',
  'cmd',
  'tty',
  'openStdin',
  'stopSignal',
  'volumes',
  'network',
  'ports',
  'detach',
  'autoRemove',
  'idleTimeoutMs',
  'healthCheck',
  'restart',
  'capabilities',
  'security',
  ...CONFINEMENT_OPTIONS,
] as const satisfies readonly (keyof BoxOptions)[];

const invalid = (message: string): BoxliteError => new BoxliteError('InvalidArgument', message);

const integer = (value: number | undefined, name: string, fallback: number, min: number, max: number): number => {
  if (value === undefined) return fallback;
  if (!Number.isInteger(value) || value < min || value > max) {
    throw invalid(
      `${name} is ${typeof value === 'number' ? String(value) : JSON.stringify(value)}; it must be a whole number from ${String(min)} to ${String(max)}`,
    );
  }
  return value;
};

const refuseWhatIsNotSupported = (options: BoxOptions): void => {
  if (options.network !== undefined && options.network.mode !== 'none')
    throw unsupported(`network mode '${options.network.mode}'`, "use { mode: 'none' }");
  if (options.ports !== undefined && options.ports.length > 0) throw unsupported('ports');
};

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

const path = (value: unknown, name: string): string => {
  if (typeof value !== 'string' || value === '' || value.includes('\0'))
    throw invalid(`${name} is ${JSON.stringify(value)}; it must be a path`);
  return value;
};

const flag = (value: boolean | undefined, name: string): boolean => {
  if (value !== undefined && typeof value !== 'boolean') throw invalid(`${name} is ${JSON.stringify(value)}; it must be true or false`);
  return value ?? false;
};

/** A command or a part of one. What no command can be started with is found out at the start. */
const words = (value: readonly string[] | undefined, name: string): string[] | null => {
  if (value === undefined) return null;
  if (!Array.isArray(value) || value.length > MAX_WORDS || !value.every((word) => typeof word === 'string' && !word.includes('\0')))
    throw invalid(`${name} is ${JSON.stringify(value).slice(0, 200)}; it must be a list of strings without NUL characters`);
  return [...(value as readonly string[])];
};

/** An option that nothing reads is a mistake of whoever gives it, mostly of spelling. */
const refuseWhatIsUnknown = (options: BoxOptions): void => {
  checkOptions(options, 'a Box', OPTIONS);
  for (const name of ['labels', 'env', 'capabilities', 'network'] as const) {
    if (options[name] !== undefined && !isObject(options[name]))
      throw invalid(`${name} is ${JSON.stringify(options[name])}; it must be an object`);
  }
};

const source = (options: BoxOptions): BoxConfig['source'] => {
  const { image, rootfs } = options;
  if (image !== undefined && rootfs !== undefined)
    throw invalid('image and rootfs are both given; a Box has one root file system, so name one of them');
  if (image !== undefined && (typeof image !== 'string' || image === ''))
    throw invalid(`image is ${JSON.stringify(image)}; it must be a reference such as debian:12`);
  if (rootfs === undefined) {
    if (image !== undefined) parseReference(image);
    return { kind: 'image', reference: image ?? EMBEDDED_IMAGE };
  }
  if (!isObject(rootfs)) throw invalid(`rootfs is ${JSON.stringify(rootfs)}; it must be { ociLayout: path } or { archive: path }`);
  // Absolute, since the next process may stand elsewhere.
  if ('ociLayout' in rootfs) return { kind: 'ociLayout', path: resolve(path(rootfs.ociLayout, 'rootfs.ociLayout')) };
  if ('archive' in rootfs) return { kind: 'archive', path: resolve(path(rootfs.archive, 'rootfs.archive')) };
  throw unsupported('rootfs.directory', 'make an OCI layout of it and use rootfs.ociLayout');
};

/** Checks environment variables; a name is anything without `=` and NUL, as for execve(2). */
const checkEnv = (env: Readonly<Record<string, string>> | undefined, where: string): Record<string, string> => {
  const result: Record<string, string> = {};
  let bytes = 0;
  for (const [name, value] of Object.entries(env ?? {})) {
    if (name === '' || /[=\0]/.test(name)) throw invalid(`${where}: '${name}' cannot be the name of an environment variable`);
    if (typeof value !== 'string' || value.includes('\0')) throw invalid(`${where}.${name} must be a string without NUL characters`);
    const length = Buffer.byteLength(name) + Buffer.byteLength(value) + 2;
    if (length > MAX_VARIABLE_BYTES)
      throw invalid(`${where}.${name} takes ${String(length)} bytes; Linux takes at most ${String(MAX_VARIABLE_BYTES)}`);
    bytes += length;
    result[name] = value;
  }
  if (bytes > MAX_ENV_BYTES) throw invalid(`${where} takes ${String(bytes)} bytes; at most ${String(MAX_ENV_BYTES)} can be passed`);
  return result;
};

const text = (value: string | undefined, name: string, pattern: RegExp, rule: string): string | null => {
  if (value === undefined) return null;
  if (typeof value !== 'string' || !pattern.test(value)) throw invalid(`${name} is ${JSON.stringify(value)}; ${rule}`);
  return value;
};

const restartPolicy = ({ restart, autoRemove, healthCheck }: BoxOptions): RestartPolicy => {
  const policy = checkRestart(restart);
  const restarts = policy.name !== 'no' || (typeof healthCheck === 'object' && healthCheck.onUnhealthy === 'restart');
  if (restarts && autoRemove === true)
    throw invalid('restart and autoRemove are both given; a Box that is removed cannot be started again');
  return policy;
};

/** 12 hexadecimal digits. */
export const newBoxId = (): string => randomBytes(6).toString('hex');

/** @throws BoxliteError `InvalidArgument` saying what a name may be. */
export const checkBoxName = (name: string | undefined): string | null =>
  text(
    name,
    'name',
    /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/,
    'a name starts with a letter or digit and has letters, digits, _, . and - only, at most 128',
  );

/**
 * Checks a Box's options and fills in the defaults.
 * @throws BoxliteError `InvalidArgument` naming the option, its value and what is allowed; `Unsupported` for what is not there yet.
 */
export const boxConfig = (options: BoxOptions): BoxConfig => {
  refuseWhatIsUnknown(options);
  refuseWhatIsNotSupported(options);
  const id = newBoxId();
  const labels = { ...options.labels };
  for (const [key, value] of Object.entries(labels)) {
    if (key === '' || typeof value !== 'string') throw invalid(`labels: '${key}' must have a string as its value`);
  }
  return {
    version: 1,
    id,
    name: checkBoxName(options.name),
    createdAt: new Date().toISOString(),
    source: source(options),
    labels,
    cpus: integer(options.cpus, 'cpus', 1, 1, MAX_CPUS),
    memoryMib: integer(options.memoryMib, 'memoryMib', 512, 128, MAX_MEMORY_MIB),
    diskSizeMib: integer(options.diskSizeMib, 'diskSizeMib', 4096, 64, MAX_DISK_MIB),
    diskLimits: checkDiskLimits(options.diskLimits),
    env: checkEnv(options.env, 'env'),
    workingDir: text(options.workingDir, 'workingDir', /^\/[^\0]{0,4094}$/, 'it must be an absolute path'),
    user: text(options.user, 'user', /^[^\0\s:]{1,256}(:[^\0\s:]{1,256})?$/, 'it must be name|uid, or name|uid:group|gid'),
    entrypoint: words(options.entrypoint, 'entrypoint'),
    cmd: words(options.cmd, 'cmd'),
    tty: flag(options.tty, 'tty'),
    openStdin: flag(options.openStdin, 'openStdin'),
    stopSignal: checkStopSignal(options),
    hostname:
      text(
        options.hostname,
        'hostname',
        /^(?=.{1,63}$)[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$/,
        'a host name has 1 to 63 letters, digits and hyphens',
      ) ?? id,
    machineId: newMachineId(),
    detach: flag(options.detach, 'detach'),
    autoRemove: flag(options.autoRemove, 'autoRemove'),
    idleTimeoutMs: options.idleTimeoutMs === undefined ? null : integer(options.idleTimeoutMs, 'idleTimeoutMs', 0, 1, MAX_TIMEOUT_MS),
    healthCheck: checkHealthCheck(options.healthCheck),
    restart: restartPolicy(options),
    capabilities: containerCapabilities(options.capabilities),
    confinement: confinement(options),
    security: checkSecurity(options.security),
    volumes: checkVolumes(options.volumes),
  };
};
