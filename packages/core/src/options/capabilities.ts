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

const named = (list: readonly string[], what: string): string[] =>
  list.flatMap((given) => {
    const name = given.toUpperCase();
    if (name === 'ALL' || name === 'CAP_ALL') return ALL;
    const full = name.startsWith('CAP_') ? name : `CAP_${name}`;
    if (!ALL.includes(full))
      throw new BoxliteError('InvalidArgument', `capabilities.${what}: '${given}' is not a capability of Linux; try NET_ADMIN or ALL`);
    return [full];
  });

/** The capabilities of a Box's processes: Docker's default, without `drop`, with `add` (which wins, as in Docker, except that ALL is weaker than a name). */
export const containerCapabilities = (options: { add?: readonly string[]; drop?: readonly string[] } = {}): string[] => {
  const isAll = (name: string): boolean => /^(CAP_)?ALL$/i.test(name);
  const add = options.add ?? [];
  const drop = options.drop ?? [];
  const result = new Set(add.some(isAll) ? ALL : drop.some(isAll) ? [] : DEFAULT);
  for (const name of named(
    drop.filter((each) => !isAll(each)),
    'drop',
  ))
    result.delete(name);
  for (const name of named(
    add.filter((each) => !isAll(each)),
    'add',
  ))
    result.add(name);
  return ALL.filter((name) => result.has(name));
};
