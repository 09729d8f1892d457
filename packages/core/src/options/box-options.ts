/** What a Box is created with. Everything has a default; what this version does not support is refused with `Unsupported`. */
export interface BoxOptions {
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
  /** Added to, or put in place of, the image's environment. */
  env?: Readonly<Record<string, string>>;
  /** Absolute; made when missing. @defaultValue the image's, or `/` */
  workingDir?: string;
  /** `name|uid[:group|gid]`. @defaultValue the image's, or root */
  user?: string;
  /** @defaultValue the Box's id */
  hostname?: string;
  /** Not supported yet. */
  entrypoint?: readonly string[];
  /** Not supported yet. */
  cmd?: readonly string[];
  /** Not supported yet. */
  tty?: boolean;
  /** Not supported yet. */
  volumes?: readonly { hostPath: string; boxPath: string; readOnly?: boolean }[];
  /** Only `none` is supported yet: the Box has a loopback interface and nothing else. @defaultValue `none` */
  network?: { mode: 'none' } | { mode: 'full' } | { mode: 'allowlist'; allow: readonly string[] };
  /** Not supported yet. */
  ports?: readonly { boxPort: number; hostPort?: number; hostIp?: string; protocol?: 'tcp' | 'udp' }[];
  /** True: the Box lives on when its runtime is closed or its process ends, and the next runtime adopts it. @defaultValue false */
  detach?: boolean;
  /** True: the Box is removed, with its disk, as soon as it stops. @defaultValue false */
  autoRemove?: boolean;
  /** Not supported yet. */
  idleTimeoutMs?: number;
  /** Not supported yet. */
  healthCheck?: unknown;
  /** Added to and taken from the capabilities that Docker gives a container: `NET_RAW` or `CAP_NET_RAW`, or `ALL`. */
  capabilities?: { add?: readonly string[]; drop?: readonly string[] };
  /** Not supported yet: the layers that exist are always on. */
  security?: unknown;
}
