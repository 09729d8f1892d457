import { blankContainerSpec } from '../machine/container-spec.js';
import { formatOciConfig, ociConfig } from './oci-config.js';
import { ociSeccomp } from './seccomp-profile.js';

const PROFILE = `# comment
allow read write
allow-with SYS_ADMIN bpf
refuse kexec_load
`;

const image = { args: ['/bin/app', '--serve'], terminal: false };
const profile = (capabilities: readonly string[]) => ociSeccomp(PROFILE, capabilities);

describe('ociConfig', () => {
  it('describes the container of a Box without options', () => {
    const config = ociConfig(blankContainerSpec(), image, profile);
    expect(config.process).toMatchObject({ args: ['/bin/app', '--serve'], cwd: '/', noNewPrivileges: false, user: { uid: 0, gid: 0 } });
    expect(config.process.capabilities.bounding).toHaveLength(14);
    expect(config.root).toEqual({ path: 'rootfs', readonly: false });
    expect(config.linux.resources).not.toHaveProperty('pids');
    expect(config.linux.resources).not.toHaveProperty('memory');
    expect(config.mounts.map(({ destination }) => destination)).toContain('/dev/shm');
    expect(config.annotations).toEqual({});
  });

  it('describes what the options ask for', () => {
    const spec = {
      ...blankContainerSpec(),
      user: '12:34',
      readonlyRoot: true,
      seccomp: false,
      maxPids: 5,
      shmBytes: 4096,
      limits: [{ name: 'RLIMIT_NOFILE', soft: 1n, hard: 2n }],
      sysctls: [{ name: 'net.core.somaxconn', value: '9' }],
    };
    const config = ociConfig(spec, { args: ['sh'], terminal: true }, profile);
    expect(config.process).toMatchObject({ args: ['sh'], user: { uid: 12, gid: 34 } });
    expect(config.process.rlimits[0]).toEqual({ type: 'RLIMIT_NOFILE', soft: 1n, hard: 2n });
    expect(config.root.readonly).toBe(true);
    expect(config.linux).toMatchObject({ resources: { pids: { limit: 5 } }, sysctl: { 'net.core.somaxconn': '9' } });
    expect(config.linux.seccomp).toBeUndefined();
    expect(JSON.stringify(config.mounts)).toContain('size=4096');
    expect(ociConfig(spec, image, profile, 1 << 28).linux.resources.memory).toEqual({ limit: 1 << 28 });
    expect(ociConfig({ ...spec, user: 'nobody' }, image, profile).annotations).toEqual({ 'io.boxlite.user': 'nobody' });
  });

  it("has the agent's profile, by the capabilities", () => {
    const rules = (capabilities: string[]) => ociSeccomp(PROFILE, capabilities).syscalls;
    expect(rules([])).toEqual(
      expect.arrayContaining([
        { names: ['read', 'write'], action: 'SCMP_ACT_ALLOW' },
        { names: ['bpf'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 },
        { names: ['kexec_load'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 },
      ]),
    );
    expect(rules(['CAP_SYS_ADMIN'])).toContainEqual({ names: ['bpf'], action: 'SCMP_ACT_ALLOW' });
  });

  it('is written with its large numbers, whatever its texts are', () => {
    const config = ociConfig({ ...blankContainerSpec(), env: ['A="soft": "number of boxlite 0"'] }, image, profile);
    const text = formatOciConfig(config);
    expect(text).toContain('"hard": 18446744073709551615');
    expect((JSON.parse(text) as { process: { env: string[] } }).process.env).toEqual(['A="soft": "number of boxlite 0"']);
  });
});
