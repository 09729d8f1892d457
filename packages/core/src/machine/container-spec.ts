import type { ContainerConfig, ContainerSpec } from '@boxlite/agent';
import type { PreparedImage } from '../images/prepare/prepared-image.js';
import type { BoxConfig } from '../options/box-config.js';
import { containerCapabilities } from '../options/capabilities.js';
import { confinement } from '../options/confinement.js';
import { DEFAULT_PATH, MASKED_PATHS, READONLY_PATHS } from './container-policy.js';

/** The environment of the container's processes, weakest first: the default PATH, the image's, the Box's. */
const containerEnv = (config: BoxConfig, image: PreparedImage): string[] => {
  const merged = new Map<string, string>([['PATH', DEFAULT_PATH]]);
  for (const entry of image.config.env) {
    const at = entry.indexOf('=');
    if (at > 0) merged.set(entry.slice(0, at), entry.slice(at + 1));
  }
  merged.set('HOSTNAME', config.hostname);
  for (const [name, value] of Object.entries(config.env)) merged.set(name, value);
  return [...merged].map(([name, value]) => `${name}=${value}`);
};

/** What of a container may still change when it is there. */
export const containerConfig = (config: BoxConfig, image: PreparedImage): ContainerConfig => ({
  hostname: config.hostname,
  machineId: config.machineId,
  env: containerEnv(config, image),
  workingDir: config.workingDir ?? image.config.workingDir ?? '/',
  user: config.user ?? image.config.user ?? '',
});

const SAME_FOR_ALL = { maskedPaths: [...MASKED_PATHS], readonlyPaths: [...READONLY_PATHS] };

/** What a container is given when it is made, and keeps. */
const rights = ({
  capabilities,
  confinement,
}: Pick<BoxConfig, 'capabilities' | 'confinement'>): Omit<ContainerSpec, keyof ContainerConfig> => ({
  capabilities: capabilities.toSorted(),
  shmBytes: confinement.shmSizeMib * 2 ** 20,
  readonlyRoot: confinement.readOnlyRoot,
  noNewPrivileges: confinement.noNewPrivileges,
  seccomp: confinement.seccomp === 'default',
  maxPids: confinement.pidsLimit ?? 0,
  limits: Object.entries(confinement.ulimits)
    .toSorted()
    .map(([name, { soft, hard }]) => ({ name: `RLIMIT_${name.toUpperCase()}`, soft: limit(soft), hard: limit(hard) })),
  sysctls: Object.entries(confinement.sysctls)
    .toSorted()
    .map(([name, value]) => ({ name, value })),
  ...SAME_FOR_ALL,
});

/** RLIM_INFINITY for -1. */
const limit = (value: number): bigint => (value === -1 ? 2n ** 64n - 1n : BigInt(value));

/** Whether a container that was made for one Box is as good for the other. */
export const haveSameRights = (one: BoxConfig, other: BoxConfig): boolean => rightsKey(rights(one)) === rightsKey(rights(other));

/** All of a container that cannot be changed when it is there, as text. */
export const rightsKey = (spec: Omit<ContainerSpec, keyof ContainerConfig>): string => {
  const { capabilities, maskedPaths, readonlyPaths, shmBytes, readonlyRoot, noNewPrivileges, seccomp, maxPids, limits, sysctls } = spec;
  return JSON.stringify(
    [capabilities, maskedPaths, readonlyPaths, shmBytes, readonlyRoot, noNewPrivileges, seccomp, maxPids, limits, sysctls],
    (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
  );
};

/** A container that is set up before its Box is known: all that {@link containerConfig} cannot change is as a Box has it by default. */
export const blankContainerSpec = (): ContainerSpec => ({
  hostname: 'localhost',
  machineId: null,
  env: [`PATH=${DEFAULT_PATH}`],
  workingDir: '/',
  user: '',
  ...rights({ capabilities: containerCapabilities(), confinement: confinement({}) }),
});

/** True when a Box can have a container that was set up as {@link blankContainerSpec} says. */
export const fitsBlankContainer = (config: BoxConfig): boolean => rightsKey(rights(config)) === rightsKey(blankContainerSpec());

/** The container of a Box. */
export const containerSpec = (config: BoxConfig, image: PreparedImage): ContainerSpec => ({
  ...containerConfig(config, image),
  ...rights(config),
});
