import { type BoxConfig, boxConfig } from '../options/box-config.js';
import { CONFINEMENT_OPTIONS, givenOptions } from '../options/confinement.js';
import { type HealthCheckOptions, healthCheckOptions } from '../options/health-check.js';
import { formatRestart, type RestartOption } from '../options/restart-policy.js';
import { isObject } from '../images/format/json.js';

/**
 * A Box's configuration as an archive has it. What names something of the host it came from is not in it: its id, where its image was found, and its volumes; nor is its machine-id.
 * A field that {@link BoxConfig} gains is refused by the compiler until somebody has decided whether an archive from anywhere may set it.
 */
export interface ArchivedBox extends Omit<
  BoxConfig,
  'version' | 'id' | 'source' | 'hostname' | 'machineId' | 'volumes' | 'healthCheck' | 'restart'
> {
  /** Null when it is the Box's id. */
  hostname: string | null;
  /** As an option. */
  healthCheck: HealthCheckOptions | 'none' | null;
  restart: RestartOption;
}

const KEYS: Record<keyof ArchivedBox, true> = {
  name: true,
  createdAt: true,
  labels: true,
  cpus: true,
  memoryMib: true,
  diskSizeMib: true,
  diskLimits: true,
  env: true,
  workingDir: true,
  user: true,
  entrypoint: true,
  cmd: true,
  tty: true,
  openStdin: true,
  stopSignal: true,
  hostname: true,
  detach: true,
  autoRemove: true,
  idleTimeoutMs: true,
  healthCheck: true,
  restart: true,
  capabilities: true,
  confinement: true,
  security: true,
};

export const archivedBox = (config: BoxConfig): ArchivedBox => ({
  name: config.name,
  createdAt: config.createdAt,
  labels: config.labels,
  cpus: config.cpus,
  memoryMib: config.memoryMib,
  diskSizeMib: config.diskSizeMib,
  diskLimits: config.diskLimits,
  env: config.env,
  workingDir: config.workingDir,
  user: config.user,
  entrypoint: config.entrypoint,
  cmd: config.cmd,
  tty: config.tty,
  openStdin: config.openStdin,
  stopSignal: config.stopSignal,
  hostname: config.hostname === config.id ? null : config.hostname,
  detach: config.detach,
  autoRemove: config.autoRemove,
  idleTimeoutMs: config.idleTimeoutMs,
  healthCheck: healthCheckOptions(config.healthCheck),
  restart: formatRestart(config.restart),
  capabilities: config.capabilities,
  confinement: config.confinement,
  security: config.security,
});

/**
 * A new Box's configuration, with an id of its own, from what an archive says: it has to stand the checks that the options of `create` stand.
 * @param image the reference that the Box shows as its image's
 * @throws BoxliteError `InvalidArgument` or `Unsupported`, as for options; Error
 */
export const configFromArchive = (archived: unknown, image: string): BoxConfig => {
  if (!isObject(archived)) throw new Error('its Box is no object');
  // What earlier versions did not write is as it was for them.
  const main = { entrypoint: null, cmd: null, tty: false, openStdin: false, stopSignal: null };
  const value: Record<string, unknown> = {
    confinement: {},
    ...main,
    diskLimits: null,
    idleTimeoutMs: null,
    healthCheck: null,
    restart: 'no',
    security: null,
    ...archived,
  };
  const strange = Object.keys(value).find((key) => !Object.hasOwn(KEYS, key));
  const missing = Object.keys(KEYS).find((key) => !Object.hasOwn(value, key));
  if (strange !== undefined || missing !== undefined)
    throw new Error(`its Box has ${missing === undefined ? 'a strange' : 'no'} field '${(missing ?? strange ?? '').slice(0, 100)}'`);
  const { createdAt, capabilities, confinement, ...rest } = value;
  if (!isObject(confinement)) throw new Error("its Box's confinement is no object");
  // They stand among the options below, where volumes of this host would stand as well.
  const disguised = Object.keys(confinement).find((key) => !(CONFINEMENT_OPTIONS as readonly string[]).includes(key));
  if (disguised !== undefined) throw new Error(`its Box's confinement has a strange field '${disguised.slice(0, 100)}'`);
  const created = typeof createdAt === 'string' && createdAt.length < 100 ? new Date(createdAt) : undefined;
  if (created === undefined || Number.isNaN(created.getTime())) throw new Error("its Box's createdAt is no time");
  const given = Object.fromEntries(Object.entries(rest).filter(([, each]) => each !== null));
  // Unchecked as it is: to check it is what `boxConfig` does.
  const options = { ...givenOptions(confinement), ...given, image, capabilities: { drop: ['ALL'], add: capabilities } } as Parameters<
    typeof boxConfig
  >[0];
  return { ...boxConfig(options), createdAt: created.toISOString() };
};
