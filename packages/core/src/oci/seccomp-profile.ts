/** `linux.seccomp` of the runtime specification. */
export interface OciSeccomp {
  defaultAction: 'SCMP_ACT_ERRNO';
  defaultErrnoRet: number;
  architectures: string[];
  syscalls: OciSyscalls[];
}

interface OciSyscalls {
  names: string[];
  action: 'SCMP_ACT_ALLOW' | 'SCMP_ACT_ERRNO';
  errnoRet?: number;
  args?: { index: number; value: number; op: 'SCMP_CMP_EQ' | 'SCMP_CMP_NE' }[];
}

const EPERM = 1;
const EINVAL = 22;
const ENOSYS = 38;
const AF_NETLINK = 16;
const NETLINK_AUDIT = 9;
/** As in native/agent/seccomp/compile.rs. */
const PERSONALITIES = [0, 8, 0x2_0000, 0x2_0008, 0xffff_ffff];

const allow = (names: string[], args?: OciSyscalls['args']): OciSyscalls => ({
  names,
  action: 'SCMP_ACT_ALLOW',
  ...(args === undefined ? {} : { args }),
});
const refuse = (names: string[], errnoRet: number, args?: OciSyscalls['args']): OciSyscalls => ({
  names,
  action: 'SCMP_ACT_ERRNO',
  errnoRet,
  ...(args === undefined ? {} : { args }),
});

/** Sockets but those of the kernel's audit, which a capability opens. */
const sockets = (audit: boolean): OciSyscalls[] => {
  if (audit) return [allow(['socket'])];
  const netlink = { index: 0, value: AF_NETLINK };
  const protocol = { index: 2, value: NETLINK_AUDIT };
  return [
    allow(['socket'], [{ ...netlink, op: 'SCMP_CMP_NE' }]),
    allow(['socket'], [{ ...protocol, op: 'SCMP_CMP_NE' }]),
    refuse(
      ['socket'],
      EINVAL,
      [netlink, protocol].map((arg) => ({ ...arg, op: 'SCMP_CMP_EQ' })),
    ),
  ];
};

/** The agent's profile (native/agent/seccomp/default.profile), for a container with these capabilities. */
export const ociSeccomp = (profile: string, capabilities: readonly string[]): OciSeccomp => {
  const rules = profile.split('\n').flatMap((line): OciSyscalls[] => {
    const [verdict, ...names] = line.split(/\s+/).filter((word) => word !== '');
    if (verdict === 'allow') return [allow(names)];
    if (verdict === 'refuse') return [refuse(names, EPERM)];
    if (verdict !== 'allow-with') return [];
    const [capability = '', ...rest] = names;
    return [capabilities.includes(`CAP_${capability}`) ? allow(rest) : refuse(rest, EPERM)];
  });
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: ENOSYS,
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
    syscalls: [
      ...rules,
      ...PERSONALITIES.map((value) => allow(['personality'], [{ index: 0, value, op: 'SCMP_CMP_EQ' }])),
      ...sockets(capabilities.includes('CAP_AUDIT_WRITE')),
    ],
  };
};
