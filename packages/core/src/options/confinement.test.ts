import { confinement, type ConfinementOptions, givenOptions } from './confinement.js';

describe('confinement', () => {
  it('is as a container has it by default', () => {
    expect(confinement({})).toEqual({
      readOnlyRoot: false,
      shmSizeMib: 64,
      ulimits: {},
      sysctls: {},
      pidsLimit: null,
      noNewPrivileges: false,
      seccomp: 'default',
    });
  });

  it('takes one number for both limits, and itself again', () => {
    const checked = confinement({
      ulimits: { nofile: 512, core: -1, nproc: { soft: 10, hard: -1 } },
      sysctls: { 'net.core.somaxconn': '9', 'kernel.shmmax': '1', 'fs.mqueue.msg_max': '2' },
      pidsLimit: 20,
    });
    expect(checked.ulimits).toEqual({ nofile: { soft: 512, hard: 512 }, core: { soft: -1, hard: -1 }, nproc: { soft: 10, hard: -1 } });
    for (const each of [checked, confinement({})]) expect(confinement(givenOptions(each))).toEqual(each);
  });

  it.each<[string, unknown, string]>([
    ['a flag that is none', { readOnlyRoot: 'yes' }, 'readOnlyRoot'],
    ['no shared memory', { shmSizeMib: 0 }, 'shmSizeMib'],
    ['a limit that Linux does not have', { ulimits: { files: 1 } }, "'files'"],
    ['a limit with its name in full', { ulimits: { RLIMIT_NOFILE: 1 } }, "'RLIMIT_NOFILE'"],
    ['a soft limit above the hard one', { ulimits: { nofile: { soft: 2, hard: 1 } } }, 'ulimits.nofile'],
    ['no limit under a limit', { ulimits: { nofile: { soft: -1, hard: 1 } } }, 'ulimits.nofile'],
    ['half a limit', { ulimits: { nofile: { soft: 1 } } }, 'ulimits.nofile.hard'],
    ['limits that are a list', { ulimits: [1] }, 'ulimits'],
    ["a setting of the guest's own", { sysctls: { 'kernel.panic': '1' } }, 'kernel.panic'],
    ['a setting that is a path', { sysctls: { 'net./../kernel/panic': '1' } }, 'sysctls'],
    ['a setting that is no text', { sysctls: { 'net.core.somaxconn': 1 } }, 'net.core.somaxconn'],
    ['no processes', { pidsLimit: 0 }, 'pidsLimit'],
    ['a profile that is none', { seccomp: 'off' }, 'seccomp'],
  ])('refuses %s, naming it', (_, options, named) => {
    expect(() => confinement(options as ConfinementOptions)).toThrow(
      expect.objectContaining({ code: 'InvalidArgument', message: expect.stringContaining(named) as string }),
    );
  });
});
