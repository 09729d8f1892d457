import { execFileSync } from 'node:child_process';
import { seccomp } from './seccomp-profile.js';

/** What Docker gives a container by default. */
const CAPABILITIES =
  'CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE'
    .split(' ')
    .map((name) => `CAP_${name}`);

const MASKED =
  '/proc/asound /proc/acpi /proc/interrupts /proc/kcore /proc/keys /proc/latency_stats /proc/timer_list /proc/timer_stats /proc/sched_debug /proc/scsi /sys/firmware /sys/devices/virtual/powercap'.split(
    ' ',
  );
const READ_ONLY = '/proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger'.split(' ');

const PLAIN = ['nosuid', 'noexec', 'nodev'];

const mount = (destination: string, type: string, source: string, options: readonly string[]): object => ({
  destination,
  type,
  source,
  options,
});

/** A file that Docker binds over the image's. */
const bind = (destination: string, source: string): object => mount(destination, 'bind', source, ['rbind', 'rprivate']);

/** RLIM_INFINITY, as near as a number of JavaScript comes. */
const UNLIMITED = 2 ** 64;

const hardLimits = execFileSync('sh', ['-c', 'cat /proc/self/limits'], { encoding: 'utf8' });

/** Soft limit of a service of systemd, which dockerd is; the hard one too, see `runc-side.ts`. */
export const OPEN_FILES = 1024;

const ROWS = { NPROC: 'Max processes', CORE: 'Max core file size' } as const;

/** No limit, unless this host gives no process of its own as much: then what comes nearest. */
const unlimited = (name: keyof typeof ROWS): object => {
  const row = hardLimits.split('\n').find((line) => line.startsWith(ROWS[name]));
  const allowed = row?.slice(ROWS[name].length).trim().split(/\s+/)[1];
  const limit = allowed === undefined || allowed === 'unlimited' ? UNLIMITED : Number(allowed);
  return { type: `RLIMIT_${name}`, soft: limit, hard: limit };
};

export interface RuncProcess {
  args: readonly string[];
  env: readonly string[];
  cwd: string;
  user: { uid: number; gid: number; additionalGids: readonly number[] };
}

/** A process as Docker describes it: another user than root has capabilities in the bounding set only. */
export const runcProcess = ({ args, env, cwd, user }: RuncProcess): object => ({
  terminal: false,
  user,
  args,
  env,
  cwd,
  capabilities: {
    bounding: CAPABILITIES,
    ...(user.uid === 0 ? { effective: CAPABILITIES, permitted: CAPABILITIES } : {}),
  },
  rlimits: [
    { type: 'RLIMIT_NOFILE', soft: OPEN_FILES, hard: OPEN_FILES },
    // As services of systemd have them.
    unlimited('NPROC'),
    unlimited('CORE'),
  ],
  noNewPrivileges: false,
});

export interface BundleFiles {
  rootfs: string;
  hostname: string;
  hosts: string;
  hostnameFile: string;
  resolvConf: string;
}

/**
 * The config.json of a container that gets no options, as Docker makes it for `--network none`: mounts, namespaces, masked paths,
 * capabilities and limits by Docker's documentation, the system calls by podman's profile.
 */
export const runcConfig = async (init: RuncProcess, files: BundleFiles): Promise<object> => ({
  ociVersion: '1.0.2',
  process: runcProcess(init),
  root: { path: files.rootfs, readonly: false },
  hostname: files.hostname,
  mounts: [
    mount('/proc', 'proc', 'proc', PLAIN),
    mount('/dev', 'tmpfs', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
    mount('/dev/pts', 'devpts', 'devpts', ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5']),
    mount('/sys', 'sysfs', 'sysfs', [...PLAIN, 'ro']),
    mount('/sys/fs/cgroup', 'cgroup', 'cgroup', ['ro', ...PLAIN]),
    mount('/dev/mqueue', 'mqueue', 'mqueue', PLAIN),
    mount('/dev/shm', 'tmpfs', 'shm', [...PLAIN, 'mode=1777', 'size=67108864']),
    bind('/etc/resolv.conf', files.resolvConf),
    bind('/etc/hostname', files.hostnameFile),
    bind('/etc/hosts', files.hosts),
  ],
  linux: {
    sysctl: { 'net.ipv4.ip_unprivileged_port_start': '0', 'net.ipv4.ping_group_range': '0 2147483647' },
    namespaces: ['mount', 'network', 'uts', 'pid', 'ipc', 'cgroup'].map((type) => ({ type })),
    resources: {
      devices: [
        { allow: false, access: 'rwm' },
        { allow: true, type: 'c', access: 'm' },
        { allow: true, type: 'b', access: 'm' },
        ...[
          [1, 3],
          [1, 5],
          [1, 7],
          [1, 8],
          [1, 9],
          [5, 0],
          [5, 2],
        ].map(([major, minor]) => ({ allow: true, type: 'c', major, minor, access: 'rwm' })),
        { allow: true, type: 'c', major: 136, access: 'rwm' },
      ],
    },
    maskedPaths: MASKED,
    readonlyPaths: READ_ONLY,
    seccomp: await seccomp(CAPABILITIES),
  },
});
