import { BoxliteError } from '@boxlite/shared';

/** All capabilities of Linux 6.1, in their order (capability.h). */
const ALL =
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
    .split(' ')
    .map((name) => `CAP_${name}`);

/** What Docker gives a container that asks for nothing (moby, oci/caps/defaults.go). */
const DEFAULT = new Set(
  'CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE'
    .split(' ')
    .map((name) => `CAP_${name}`),
);

const isAll = (name: string): boolean => name === 'CAP_ALL';

/** The full names of a list that a caller gave. */
const fullNames = (list: readonly string[] | undefined, what: string): string[] => {
  if (list === undefined) return [];
  if (!Array.isArray(list) || !list.every((each): each is string => typeof each === 'string')) {
    throw new BoxliteError('InvalidArgument', `capabilities.${what} is ${JSON.stringify(list)}; it must be a list of names`);
  }
  return list.map((given) => {
    const name = `CAP_${given.toUpperCase().replace(/^CAP_/, '')}`;
    if (isAll(name) || ALL.includes(name)) return name;
    throw new BoxliteError('InvalidArgument', `capabilities.${what}: '${given}' is not a capability of Linux; try NET_ADMIN or ALL`);
  });
};

/**
 * The capabilities of a Box's processes: Docker's default, without `drop`, with `add`.
 * A name that is added wins over one that is dropped; `ALL` is weaker than a name on the other side.
 */
export const containerCapabilities = (options: { add?: readonly string[]; drop?: readonly string[] } = {}): string[] => {
  const add = fullNames(options.add, 'add');
  const drop = fullNames(options.drop, 'drop');
  const result = new Set(add.some(isAll) ? ALL : drop.some(isAll) ? [] : DEFAULT);
  for (const name of drop) result.delete(name);
  for (const name of add) result.add(name);
  return ALL.filter((name) => result.has(name));
};
