import type { ContainerSpec } from '@boxlite/agent';
import type { OciSeccomp } from './seccomp-profile.js';

/**
 * A container as the OCI runtime specification describes one (runtime-spec 1.0, config.md and config-linux.md): the part of its
 * `config.json` that a Box's container has.
 */
export interface OciConfig {
  ociVersion: '1.0.2';
  process: {
    terminal: boolean;
    user: { uid: number; gid: number };
    args: string[];
    env: string[];
    cwd: string;
    capabilities: Record<'bounding' | 'effective' | 'permitted', string[]>;
    rlimits: OciRlimit[];
    noNewPrivileges: boolean;
  };
  root: { path: string; readonly: boolean };
  hostname: string;
  mounts: OciMount[];
  annotations: Record<string, string>;
  linux: {
    namespaces: { type: 'pid' | 'network' | 'ipc' | 'uts' | 'mount' | 'cgroup' }[];
    sysctl: Record<string, string>;
    resources: { devices: OciDeviceRule[]; pids?: { limit: number }; memory?: { limit: number } };
    maskedPaths: string[];
    readonlyPaths: string[];
    seccomp?: OciSeccomp;
  };
}

interface OciRlimit {
  type: string;
  /** 2^64 - 1: no limit. */
  soft: bigint;
  hard: bigint;
}

interface OciMount {
  destination: string;
  type: string;
  source: string;
  options: string[];
}

interface OciDeviceRule {
  allow: boolean;
  access: string;
  type?: 'c' | 'b';
  major?: number;
  minor?: number;
}

const PLAIN = ['nosuid', 'noexec', 'nodev'];

/** The mounts that the agent makes (native/agent, container::stage and container::devices). */
const mounts = (shmBytes: bigint): OciMount[] => [
  { destination: '/proc', type: 'proc', source: 'proc', options: PLAIN },
  { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...PLAIN, 'ro'] },
  { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: [...PLAIN, 'ro'] },
  { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
  {
    destination: '/dev/pts',
    type: 'devpts',
    source: 'devpts',
    options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
  },
  { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: [...PLAIN, 'mode=1777', `size=${String(shmBytes)}`] },
  { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: PLAIN },
];

const device = (type: 'c' | 'b', access: string, major?: number, minor?: number): OciDeviceRule => ({
  allow: true,
  type,
  access,
  ...(major === undefined ? {} : { major }),
  ...(minor === undefined ? {} : { minor }),
});

/** Any node may be made; null, zero, full, random, urandom, tty, ptmx and pseudo terminals may be used (container::device_filter). */
const DEVICES: readonly OciDeviceRule[] = [
  { allow: false, access: 'rwm' },
  device('c', 'm'),
  device('b', 'm'),
  ...[3, 5, 7, 8, 9].map((minor) => device('c', 'rwm', 1, minor)),
  ...[0, 2].map((minor) => device('c', 'rwm', 5, minor)),
  device('c', 'rwm', 136),
];

/** What all containers have (container::limits); `ulimits` come in place of them. */
const LIMITS: readonly OciRlimit[] = [
  { type: 'RLIMIT_NOFILE', soft: 1024n, hard: 524_288n },
  { type: 'RLIMIT_NPROC', soft: 2n ** 64n - 1n, hard: 2n ** 64n - 1n },
];

const rlimits = (limits: ContainerSpec['limits']): OciRlimit[] => {
  const all = new Map(LIMITS.map((limit) => [limit.type, limit]));
  for (const { name, soft, hard } of limits) all.set(name, { type: name, soft, hard });
  return [...all.values()];
};

/** By number; a name is looked up in the image when a command is started. */
const numericUser = (user: string): { uid: number; gid: number } => {
  const [, uid, gid] = /^(\d+)(?::(\d+))?$/.exec(user) ?? [];
  return { uid: Number(uid ?? 0), gid: Number(gid ?? 0) };
};

/** What is run in the container first. */
export interface OciCommand {
  args: readonly string[];
  /** Whether it has a terminal. */
  terminal: boolean;
}

/**
 * What the container of a Box is, as its agent is told, in the form of the OCI.
 * @param memoryLimit In bytes: what the agent found that its guest leaves for the container. It is known of a guest that runs.
 */
export const ociConfig = (
  spec: ContainerSpec,
  { args, terminal }: OciCommand,
  profile: (capabilities: readonly string[]) => OciSeccomp,
  memoryLimit?: number,
): OciConfig => {
  const capabilities = [...spec.capabilities];
  return {
    ociVersion: '1.0.2',
    process: {
      terminal,
      user: numericUser(spec.user),
      args: [...args],
      env: [...spec.env],
      cwd: spec.workingDir,
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      rlimits: rlimits(spec.limits),
      noNewPrivileges: spec.noNewPrivileges,
    },
    root: { path: 'rootfs', readonly: spec.readonlyRoot },
    hostname: spec.hostname,
    mounts: mounts(BigInt(spec.shmBytes)),
    annotations: spec.user === '' ? {} : { 'io.boxlite.user': spec.user },
    linux: {
      namespaces: (['pid', 'network', 'ipc', 'uts', 'mount', 'cgroup'] as const).map((type) => ({ type })),
      // Of the network that is the container's own (container::network), and those of the options.
      sysctl: {
        'net.ipv4.ip_unprivileged_port_start': '0',
        'net.ipv4.ping_group_range': '0 2147483647',
        ...Object.fromEntries(spec.sysctls.map(({ name, value }) => [name, value])),
      },
      resources: {
        devices: [...DEVICES],
        ...(spec.maxPids === 0 ? {} : { pids: { limit: spec.maxPids } }),
        ...(memoryLimit === undefined ? {} : { memory: { limit: memoryLimit } }),
      },
      maskedPaths: [...spec.maskedPaths],
      readonlyPaths: [...spec.readonlyPaths],
      ...(spec.seccomp ? { seccomp: profile(capabilities) } : {}),
    },
  };
};

/** The text of a `config.json`. Numbers beyond those of JavaScript are written as they are. */
export const formatOciConfig = (config: OciConfig): string => {
  const numbers: string[] = [];
  const mark = 'number of boxlite ';
  const text = JSON.stringify(
    config,
    (_, value: unknown) => (typeof value === 'bigint' ? `${mark}${String(numbers.push(String(value)) - 1)}` : value),
    2,
  );
  // Text of the user's that looks like a mark stands for no number, so it stays.
  return `${text.replaceAll(/"(soft|hard)": "number of boxlite (\d+)"/g, (_, name: string, index: string) => `"${name}": ${numbers[Number(index)] ?? '0'}`)}\n`;
};
