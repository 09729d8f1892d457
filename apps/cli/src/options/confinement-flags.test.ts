import { confinementOptions, securityOption } from './confinement-flags.js';

describe('confinementOptions', () => {
  it('says nothing of what was not given', () => {
    expect(confinementOptions({})).toEqual({});
    expect(confinementOptions({ pidsLimit: -1 })).toEqual({});
  });

  it("reads Docker's forms", () => {
    const options = confinementOptions({
      readOnly: true,
      shmSize: 128,
      ulimit: ['nofile=10:20', 'core=-1'],
      sysctl: ['net.core.somaxconn=9', 'kernel.sem=1 2 3 4'],
      pidsLimit: 50,
      securityOpt: ['no-new-privileges', 'seccomp=unconfined'],
    });
    expect(options).toEqual({
      readOnlyRoot: true,
      shmSizeMib: 128,
      ulimits: { nofile: { soft: 10, hard: 20 }, core: { soft: -1, hard: -1 } },
      sysctls: { 'net.core.somaxconn': '9', 'kernel.sem': '1 2 3 4' },
      pidsLimit: 50,
      noNewPrivileges: true,
      seccomp: 'unconfined',
    });
    expect(confinementOptions({ securityOpt: ['no-new-privileges:false'] })).toEqual({ noNewPrivileges: false });
  });

  it.each([
    { ulimit: ['nofile'] },
    { ulimit: ['nofile=x'] },
    { ulimit: ['nofile=1:2:3'] },
    { ulimit: ['=1'] },
    { sysctl: ['net.core.somaxconn'] },
    { securityOpt: ['apparmor=unconfined'] },
    { securityOpt: ['seccomp=/profile.json'] },
  ])('refuses %j', (flags) => {
    expect(() => confinementOptions(flags)).toThrow(/is given/);
  });

  it('takes what the jail must have as one word or several', () => {
    expect(securityOption({})).toBeUndefined();
    expect(securityOption({ security: 'default' })).toBeUndefined();
    expect(securityOption({ security: 'strict' })).toEqual(['strict']);
    expect(securityOption({ security: 'landlock,seccomp' })).toEqual(['landlock', 'seccomp']);
  });
});
