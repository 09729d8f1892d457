/** A layer of the jail that stops attempts by itself; `inheritance` and `limits` as boxlite-shim always has them. */
export const LAYERS = ['namespaces', 'landlock', 'seccomp', 'privileges', 'limits', 'cgroup', 'inheritance'] as const;
export type Layer = (typeof LAYERS)[number];

/** What stops one attempt of `native/intruder`. */
export interface Held {
  /** Layers of which each is enough, whoever the owner is. */
  by: readonly Layer[];
  /** Layers that stop it only where the owner is root, since what they take away no other owner has. */
  byForRoot?: readonly Layer[];
}

const all = (names: readonly string[], held: Held): [string, Held][] => names.map((name) => [name, held]);

/**
 * Every attempt of a VMM that is not QEMU any more. `escapes.test.ts` shows each of these layers hold, and no other, and that
 * `docs/security.md` has this table.
 */
export const ATTEMPTS: ReadonlyMap<string, Held> = new Map([
  ...all(
    [
      'read a file of the home',
      "read another Box's disk",
      "write another Box's disk",
      'write a shared image',
      'write a shared image by its path',
      'read /etc/shadow',
      'read /proc of another process',
      'open /dev/mem',
      'open /dev/port',
      'write /dev/kmsg',
      'open /dev/kvm',
      'read /proc/kcore',
      "change the kernel's settings",
      'trigger SysRq',
      'leave its cgroup',
      'name a program that the kernel runs (release_agent)',
      'execute another program',
      'signal a thread of the owner',
    ],
    { by: ['namespaces', 'landlock'] },
  ),
  ...all(["read the owner's environment", "open the owner's descriptors", "open another VMM's memory"], {
    by: ['namespaces', 'landlock'],
    byForRoot: ['privileges'],
  }),
  ...all(
    ['connect to loopback (TCP)', 'connect to an abstract socket', 'signal the owner', 'signal the owner by a pidfd', 'signal everyone'],
    { by: ['namespaces', 'landlock', 'seccomp'] },
  ),
  ...all(['trace another VMM', "read another VMM's memory", "take another VMM's descriptor"], {
    by: ['namespaces', 'landlock', 'seccomp'],
    byForRoot: ['privileges'],
  }),
  ...all(['read a file by its handle', "enter another process's namespaces", 'make a device'], {
    by: ['namespaces', 'landlock', 'seccomp', 'privileges'],
  }),
  ...all(['send to loopback (UDP)', "connect to another Box's socket", 'list addresses (netlink)', 'map shared memory of the host'], {
    by: ['namespaces', 'seccomp'],
  }),
  ...all(
    [
      'send raw packets',
      'send packets by an interface',
      'load a kernel module',
      'load a kernel module from a file',
      'load another kernel',
      'use BPF',
      'use userfaultfd',
      'measure the whole machine (perf)',
      'set the clock',
      "read the kernel's log",
    ],
    { by: ['namespaces', 'seccomp', 'privileges'] },
  ),
  ...all(['make a user namespace (unshare)', 'make a user namespace (clone)', 'make a user namespace (clone3)'], {
    by: ['namespaces', 'seccomp'],
  }),
  ...all(['mount', 'change the root (pivot_root)'], { by: ['landlock', 'seccomp', 'privileges'] }),
  ...all(
    [
      'mount by descriptors',
      'unmount',
      'change the root (chroot)',
      'make other namespaces (unshare)',
      'restart the machine',
      'take capabilities back',
      'become another user',
    ],
    { by: ['seccomp', 'privileges'] },
  ),
  ['execute a set-user-ID program', { by: ['namespaces', 'landlock', 'privileges'] }],
  ["type into the owner's terminal", { by: ['namespaces', 'landlock', 'inheritance'] }],
  ["read a key of the owner's session", { by: ['seccomp', 'inheritance'] }],
  ...all(['read an inherited descriptor', 'read an inherited environment'], { by: ['inheritance'] }),
  ['make new files', { by: ['landlock', 'seccomp'] }],
  ...all(['write a file larger than the limit', 'write a core dump'], { by: ['limits'] }),
  ...all(
    [
      'make its file set-user-ID',
      'make keys',
      'use userfaultfd for its own faults',
      'use io_uring',
      'have no random addresses (personality)',
    ],
    { by: ['seccomp'] },
  ),
  ['make processes without end', { by: ['seccomp', 'cgroup'] }],
  ...all(['make threads without end', 'take memory without end'], { by: ['cgroup'] }),
]);
