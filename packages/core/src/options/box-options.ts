import type { ConfinementOptions } from './confinement.js';
import type { DiskLimits } from './disk-limits.js';
import type { HealthCheckOptions } from './health-check.js';
import type { RestartOption } from './restart-policy.js';
import type { SecurityOption } from './security.js';
import type { HostVolume, NamedVolume } from '../volumes/volume-options.js';

/** What a Box is created with. Everything has a default; what this version does not support is refused with `Unsupported`. */
export interface BoxOptions extends ConfinementOptions {
  /**
   * An image's reference, as Docker reads it: `debian:12`, `localhost:5000/app@sha256:…`.
   * @defaultValue the embedded image (busybox), when `rootfs` is not given either
   */
  image?: string;
  /** Another source of the root file system than a registry. */
  rootfs?: { ociLayout: string } | { archive: string } | { directory: string };
  /** Unique in the home; letters, digits, `_`, `.` and `-`, at most 128 characters. */
  name?: string;
  labels?: Readonly<Record<string, string>>;
  /** Virtual CPUs. @defaultValue 1 */
  cpus?: number;
  /** Memory of the guest in MiB, its kernel's included; at least 128. @defaultValue 512 */
  memoryMib?: number;
  /** Size of the writable disk in MiB; takes room on the host only as it is written. At least 64. @defaultValue 4096 */
  diskSizeMib?: number;
  /** How fast its disks may be read and written, by the VMM's throttle. @defaultValue as fast as the host's */
  diskLimits?: DiskLimits;
  /** Added to, or put in place of, the image's environment. */
  env?: Readonly<Record<string, string>>;
  /** Absolute; made when missing. @defaultValue the image's, or `/` */
  workingDir?: string;
  /** `name|uid[:group|gid]`. @defaultValue the image's, or root */
  user?: string;
  /** @defaultValue the Box's id */
  hostname?: string;
  /**
   * In place of the image's entrypoint, whose command is not used then either; empty for none. A Box that is given this, `cmd` or `tty` has a
   * main process, as a container has, and stops when that ends; without them it has none, and runs until it is stopped.
   */
  entrypoint?: readonly string[];
  /** The main process's command, or the arguments of its entrypoint; empty for the image's. */
  cmd?: readonly string[];
  /** The main process has a terminal. @defaultValue false */
  tty?: boolean;
  /** What the main process is told by that it shall end: a name, with or without SIG, or a number. @defaultValue the image's, or SIGTERM */
  stopSignal?: string | number;
  /** The main process's stdin stays open for those who attach. @defaultValue false: it reads an end of file */
  openStdin?: boolean;
  /** Directories and files of the host, and named volumes of the home, each at its place in the Box. @defaultValue none */
  volumes?: readonly (HostVolume | NamedVolume)[];
  /** Only `none` is supported yet: the Box has a loopback interface and nothing else. @defaultValue `none` */
  network?: { mode: 'none' } | { mode: 'full' } | { mode: 'allowlist'; allow: readonly string[] };
  /** Not supported yet. */
  ports?: readonly { boxPort: number; hostPort?: number; hostIp?: string; protocol?: 'tcp' | 'udp' }[];
  /** True: the Box lives on when its runtime is closed or its process ends, and the next runtime adopts it. @defaultValue false */
  detach?: boolean;
  /** True: the Box is removed, with its disk, as soon as it stops. @defaultValue false */
  autoRemove?: boolean;
  /**
   * The Box stops by itself when so long nothing goes on in it: no command runs or is attended, no call for files is under way, and the main
   * process neither prints nor reads. Its own agent sees to that, so also of a detached Box that no program holds. In milliseconds.
   * @defaultValue never
   */
  idleTimeoutMs?: number;
  /** Whether and how the Box's health is checked, by its own agent. @defaultValue as the image says, for a Box with a main process */
  healthCheck?: HealthCheckOptions | 'none';
  /**
   * Whether a Box that has ended by itself (its guest has crashed, or its main process ended) is started again: `on-failure` after a crash or
   * an exit code other than 0, at most N times with `on-failure:N`; `unless-stopped` also after 0. By whoever holds the Box; a detached one
   * that has ended while nobody did, by the next who opens the home. Docker's `always` is not supported. @defaultValue `no`
   */
  restart?: RestartOption;
  /** Added to and taken from the capabilities that Docker gives a container: `NET_RAW` or `CAP_NET_RAW`, or `ALL`. */
  capabilities?: { add?: readonly string[]; drop?: readonly string[] };
  /**
   * Which layers of the jail around the VMM must be in force: a start where this host refuses one of them fails with `Unsupported`, reason
   * `jail-incomplete`. @defaultValue `default`: those that the host offers
   */
  security?: SecurityOption;
}
