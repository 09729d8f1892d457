import { parseHierarchies } from './hierarchies.js';

describe('where a process is in the cgroups of its host', () => {
  it('is one directory with version 2', () => {
    const mounts = '30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n25 1 8:1 / / rw - ext4 /dev/sda rw\n';
    expect(parseHierarchies('0::/user.slice/user-1000.slice/run-7.scope\n', mounts)).toEqual({
      hierarchies: {},
      unified: '/sys/fs/cgroup/user.slice/user-1000.slice/run-7.scope',
    });
    expect(parseHierarchies('0::/\n', mounts).unified).toBe('/sys/fs/cgroup');
  });

  it('is one for each controller with version 1, some of them mounted together', () => {
    const mounts = [
      '31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755',
      '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 master:1 - cgroup cgroup rw,cpu,cpuacct',
      '35 31 0:32 / /sys/fs/cgroup/the\\040memory rw - cgroup cgroup rw,memory',
      '40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd',
      '41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
    ].join('\n');
    const cgroup = '9:name=systemd:/init\n8:pids:/\n4:memory:/a/b\n2:cpu,cpuacct:/c\n0::/u\n';
    // Nobody has mounted that of pids.
    expect(parseHierarchies(cgroup, mounts)).toEqual({
      hierarchies: { memory: '/sys/fs/cgroup/the memory/a/b', cpu: '/sys/fs/cgroup/cpu,cpuacct/c' },
      unified: '/sys/fs/cgroup/unified/u',
    });
  });

  it('is nowhere that is not mounted, as in a container that sees a part of it', () => {
    const mounts = '35 31 0:32 /docker/1 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory';
    expect(parseHierarchies('4:memory:/docker/1/x\n', mounts).hierarchies).toEqual({ memory: '/sys/fs/cgroup/memory/x' });
    expect(parseHierarchies('4:memory:/docker/2\n', mounts).hierarchies).toEqual({});
    expect(parseHierarchies('nonsense\n::\n', 'nonsense - cgroup')).toEqual({ hierarchies: {}, unified: null });
  });
});
