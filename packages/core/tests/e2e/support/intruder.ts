import { join } from 'node:path';
import type { BoxOptions, LiteBox, RunOptions } from '@boxlite/core';
import { sh } from './boxes.js';

/** The program that tries to get out; `native/intruder`. `./dev setup` builds it. */
const INTRUDER = join(__dirname, '../../../../../target/x86_64-unknown-linux-gnu/release/boxlite-intruder');
const IN_BOX = '/intruder';

/** Attempts that work in a container as it is by default, for root: what they reach is the container's own. */
export const OWN_TO_CONTAINER: readonly string[] = [
  // The Box's network namespace, in which there is loopback alone.
  'send raw packets',
  'send packets by an interface',
  'list addresses (netlink)',
  // As podman and containerd allow them; what can be done there is bound by the same filter.
  'make a user namespace (unshare)',
  'make a user namespace (clone)',
  'make a user namespace (clone3)',
  // Nothing but the container's files is there.
  'change the root (chroot)',
  'become another user',
];

/** Attempts that only the kernel's filter of a container stops, whatever capabilities are added. */
export const BY_SECCOMP: readonly string[] = [
  'make keys',
  'use userfaultfd',
  'use userfaultfd for its own faults',
  'use io_uring',
  'load another kernel',
  'have no random addresses (personality)',
];

/** Attempts that only missing capabilities stop, whatever calls are allowed. */
export const BY_CAPABILITIES: readonly string[] = [
  'load a kernel module',
  'load a kernel module from a file',
  'load another kernel',
  'use BPF',
  'use userfaultfd',
  'measure the whole machine (perf)',
  'set the clock',
  'restart the machine',
  "read the kernel's log",
  'mount',
  'mount by descriptors',
  'unmount',
  'change the root (pivot_root)',
  'make other namespaces (unshare)',
  'take capabilities back',
  'use I/O ports',
  "trace the container's first process",
  "open the first process's memory",
  "execute the first process's program anew",
  'mount a disk of the machine',
  "mount a share of the host's (9p)",
];

/** Attempts that the container's mounts, devices and namespaces stop, with all capabilities and all calls. */
export const BY_CONTAINER: readonly string[] = [
  'open /dev/mem',
  'open /dev/port',
  'write /dev/kmsg',
  'open /dev/kvm',
  'read /proc/kcore',
  "change the kernel's settings",
  'trigger SysRq',
  'leave its cgroup',
  'name a program that the kernel runs (release_agent)',
  "type into the owner's terminal",
  'read a disk of the machine',
  'write a disk of the machine',
  "open the agent's port",
  'find a process outside of the container',
  "see the guest's files by a process's root",
  'make a cgroup above its own',
  "raise its cgroup's limits",
];

/** A container that nothing confines but what every container has. */
export const UNCONFINED = { capabilities: { add: ['ALL'] }, seccomp: 'unconfined' } satisfies BoxOptions;

/** Puts the intruder into the Box. */
export const letIn = async (box: LiteBox): Promise<void> => {
  await box.copyIn(INTRUDER, IN_BOX);
  await sh(box, `chmod 755 ${IN_BOX}`);
};

/** Has it make its attempts: those of a guest, or with targets those that they are for. How each ended, `ok` or the name of an error. */
export const intrude = async (box: LiteBox, targets: readonly string[], options: RunOptions = {}): Promise<Map<string, string>> => {
  // What it mounts over its directory must not be the root.
  const script = `cd /tmp && exec ${IN_BOX} try "$@"`;
  const { stdout } = await box.run('sh', ['-c', script, 'sh', ...targets], { check: true, timeoutMs: 120_000, ...options });
  const lines = stdout.trimEnd().split('\n');
  return new Map(lines.map((line) => line.split('\t') as [string, string]));
};
