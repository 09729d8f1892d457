import { BoxliteError } from '@boxlite/shared';

/** Resource limits by their names in Docker, setrlimit(2) without `RLIMIT_`. */
const ULIMITS = [
  'as',
  'core',
  'cpu',
  'data',
  'fsize',
  'locks',
  'memlock',
  'msgqueue',
  'nice',
  'nofile',
  'nproc',
  'rss',
  'rtprio',
  'rttime',
  'sigpending',
  'stack',
] as const;

export type UlimitName = (typeof ULIMITS)[number];

/** In the unit that setrlimit(2) says; -1 is no limit. */
export interface Ulimit {
  soft: number;
  hard: number;
}

/** What a Box's container may do and use, beside its capabilities. */
export interface ConfinementOptions {
  /** True: nothing but what is mounted (`/dev/shm`) can be written to. @defaultValue false */
  readOnlyRoot?: boolean;
  /** Size of `/dev/shm` in MiB. @defaultValue 64 */
  shmSizeMib?: number;
  /**
   * Resource limits of each process: one number for both limits, or both; -1 is no limit.
   * @defaultValue `nofile` 1024, up to 524288; `nproc` none; the others as Linux has them
   */
  ulimits?: Readonly<Partial<Record<UlimitName, number | Ulimit>>>;
  /** Settings of the container's own namespaces: `net.*`, `fs.mqueue.*`, and of `kernel` those of System V's IPC. */
  sysctls?: Readonly<Record<string, string>>;
  /** Most processes and threads at the same time. @defaultValue no limit but the guest's own */
  pidsLimit?: number;
  /** True: no program gets more rights by being started: set-user-ID bits and file capabilities do not count. @defaultValue false */
  noNewPrivileges?: boolean;
  /**
   * `default`: system calls that programs in containers have no use for are not there, as under podman. `unconfined`: all of the guest's
   * kernel are. @defaultValue `default`
   */
  seccomp?: 'default' | 'unconfined';
}

/** {@link ConfinementOptions}, checked and with their defaults; valid as options again. */
export interface Confinement {
  readOnlyRoot: boolean;
  shmSizeMib: number;
  ulimits: Partial<Record<UlimitName, Ulimit>>;
  sysctls: Record<string, string>;
  pidsLimit: number | null;
  noNewPrivileges: boolean;
  seccomp: 'default' | 'unconfined';
}

export const CONFINEMENT_OPTIONS = [
  'readOnlyRoot',
  'shmSizeMib',
  'ulimits',
  'sysctls',
  'pidsLimit',
  'noNewPrivileges',
  'seccomp',
] as const satisfies readonly (keyof ConfinementOptions)[];

const MAX_SHM_MIB = 1 << 20;
/** The kernel's PID_MAX_LIMIT. */
const MAX_PIDS = 1 << 22;
const MAX_TEXT = 4096;
/** Of System V's IPC, ipc_namespaces(7). */
const IPC_SYSCTL = /^kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)$/;
const NAMESPACED_SYSCTL = /^(net|fs\.mqueue)(\.[a-zA-Z0-9_-]+)+$/;

const invalid = (message: string): BoxliteError => new BoxliteError('InvalidArgument', message);

const integer = (value: unknown, name: string, min: number, max: number): number => {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalid(`${name} is ${JSON.stringify(value)}; it must be a whole number from ${String(min)} to ${String(max)}`);
};

const flag = (value: unknown, name: string): boolean => {
  if (typeof value === 'boolean') return value;
  throw invalid(`${name} is ${JSON.stringify(value)}; it must be true or false`);
};

const entries = (value: unknown, name: string): [string, unknown][] => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`${name} is ${JSON.stringify(value)}; it must be an object`);
  return Object.entries(value);
};

const isUlimitName = (name: string): name is UlimitName => (ULIMITS as readonly string[]).includes(name);

const ulimit = (value: unknown, name: string): Ulimit => {
  const both = typeof value === 'number' ? { soft: value, hard: value } : Object.fromEntries(entries(value, name));
  const [soft, hard] = (['soft', 'hard'] as const).map((which) =>
    integer(both[which], `${name}.${which}`, -1, Number.MAX_SAFE_INTEGER),
  ) as [number, number];
  if (hard !== -1 && (soft === -1 || soft > hard))
    throw invalid(`${name}: the soft limit ${String(soft)} is above the hard one ${String(hard)}`);
  return { soft, hard };
};

const ulimits = (value: unknown): Confinement['ulimits'] =>
  Object.fromEntries(
    entries(value, 'ulimits').map(([name, limit]) => {
      if (!isUlimitName(name)) throw invalid(`ulimits: there is no limit '${name}'; there are ${ULIMITS.join(', ')}`);
      return [name, ulimit(limit, `ulimits.${name}`)];
    }),
  );

const sysctls = (value: unknown): Record<string, string> =>
  Object.fromEntries(
    entries(value, 'sysctls').map(([name, setting]) => {
      if (name.length > MAX_TEXT || !(IPC_SYSCTL.test(name) || NAMESPACED_SYSCTL.test(name)))
        throw invalid(
          `sysctls: '${name}' is no setting of a container's own; there are net.*, fs.mqueue.* and, of kernel, those of IPC such as kernel.shmmax`,
        );
      if (typeof setting !== 'string' || setting.length > MAX_TEXT || /[\0\n]/.test(setting))
        throw invalid(`sysctls.${name} is ${JSON.stringify(setting)}; it must be a string of one line`);
      return [name, setting];
    }),
  );

const seccomp = (value: unknown): Confinement['seccomp'] => {
  if (value === 'default' || value === 'unconfined') return value;
  throw invalid(`seccomp is ${JSON.stringify(value)}; it must be 'default' or 'unconfined'`);
};

/** @throws BoxliteError `InvalidArgument` naming the option, its value and what is allowed. */
export const confinement = (options: ConfinementOptions): Confinement => ({
  readOnlyRoot: flag(options.readOnlyRoot ?? false, 'readOnlyRoot'),
  shmSizeMib: integer(options.shmSizeMib ?? 64, 'shmSizeMib', 1, MAX_SHM_MIB),
  ulimits: ulimits(options.ulimits ?? {}),
  sysctls: sysctls(options.sysctls ?? {}),
  pidsLimit: options.pidsLimit === undefined ? null : integer(options.pidsLimit, 'pidsLimit', 1, MAX_PIDS),
  noNewPrivileges: flag(options.noNewPrivileges ?? false, 'noNewPrivileges'),
  seccomp: seccomp(options.seccomp ?? 'default'),
});

/** The options that a {@link Confinement} from a file was made of, unchecked. */
export const givenOptions = (value: object): ConfinementOptions =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== null));
