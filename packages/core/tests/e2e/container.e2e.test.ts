import type { BoxliteRuntime, LiteBox } from '@boxlite/core';
import { debian, openRuntime, spawnBox } from './support/boxes.js';

describe('the container in a Box', () => {
  let runtime: BoxliteRuntime;
  let box: LiteBox;

  beforeAll(async () => {
    runtime = await openRuntime();
    box = await spawnBox(runtime, {
      ...debian(),
      hostname: 'test-host',
      env: { FROM_BOX: 'yes' },
      memoryMib: 384,
      capabilities: { drop: ['NET_RAW'] },
    });
  });

  afterAll(async () => {
    await box[Symbol.asyncDispose]();
    await runtime.close();
  });

  const sh = async (script: string, options = {}) => (await box.run('sh', ['-c', script], { check: true, ...options })).stdout.trimEnd();

  it('has its own host name, known in /etc', async () => {
    expect(
      await sh(
        'hostname; cat /etc/hostname; getent hosts test-host >/dev/null && echo resolved; getent hosts localhost >/dev/null && echo local',
      ),
    ).toBe('test-host\ntest-host\nresolved\nlocal');
  });

  it('sees the environment of image, Box and execution, in this order', async () => {
    expect(await sh('echo $FROM_BOX $PATH $HOSTNAME', { env: { FROM_BOX: 'over' } })).toMatch(/^over \/usr\/local\/sbin:.* test-host$/);
  });

  it('sees its own processes only', async () => {
    const commands = await sh('cat /proc/[0-9]*/comm');
    expect(commands.split('\n').length).toBeLessThan(8);
    expect(await sh('cat /proc/1/comm')).toMatch(/boxlite/);
  });

  it('has the default capabilities of a Docker container, as asked', async () => {
    const bits = Object.fromEntries(
      (await sh('grep ^Cap /proc/self/status')).split('\n').map((line) => line.split(':\t') as [string, string]),
    );
    // Docker's default, a80425fb, without NET_RAW (bit 13).
    expect(bits).toMatchObject({
      CapPrm: '00000000a80405fb',
      CapEff: '00000000a80405fb',
      CapBnd: '00000000a80405fb',
      CapAmb: '0000000000000000',
    });
    expect(await sh('grep ^CapEff /proc/self/status', { user: 'nobody' })).toBe('CapEff:\t0000000000000000');
  });

  it('has what programs expect under /dev, /proc and /sys', async () => {
    expect(
      await sh(
        'for f in null zero full random urandom tty; do test -c /dev/$f || echo missing $f; done; readlink /dev/fd; readlink /dev/ptmx',
      ),
    ).toBe('/proc/self/fd\npts/ptmx');
    expect(await sh("awk '$2 ~ /^.(proc|sys|dev|dev.pts|dev.shm|dev.mqueue|sys.fs.cgroup)$/ { print $1, $2, $3 }' /proc/mounts")).toBe(
      [
        'proc /proc proc',
        'sysfs /sys sysfs',
        'cgroup /sys/fs/cgroup cgroup2',
        'tmpfs /dev tmpfs',
        'devpts /dev/pts devpts',
        'shm /dev/shm tmpfs',
        'mqueue /dev/mqueue mqueue',
      ].join('\n'),
    );
    expect(await sh('dd if=/dev/zero of=/dev/shm/file bs=1M count=8 status=none && stat -c %s /dev/shm/file && rm /dev/shm/file')).toBe(
      '8388608',
    );
  });

  it('cannot read masked paths or write read-only ones', async () => {
    expect(await sh('cat /proc/kcore | wc -c; ls /sys/firmware | wc -l')).toBe('0\n0');
    expect(
      await sh(
        'echo 1 > /proc/sys/vm/drop_caches || echo refused; echo c > /proc/sysrq-trigger || echo refused; touch /sys/x || echo refused',
        { check: false },
      ),
    ).toMatch(/refused\n.*refused\n.*refused/s);
  });

  it('cannot leave its root, mount, load modules or reach the VM beneath', async () => {
    expect(
      await sh(
        'mount -t tmpfs none /mnt 2>/dev/null || echo no mount; unshare -m true 2>/dev/null || echo no unshare; ls /proc/1/root/ 2>&1 | head -1; cat /proc/1/environ 2>&1 | wc -c',
        { check: false },
      ),
    ).toMatch(/no mount\nno unshare/);
    expect(await sh('ls /modules /disk /init 2>/dev/null | wc -l', { check: false })).toBe('0');
  });

  it('has no network but loopback', async () => {
    expect(await sh('ls /sys/class/net')).toBe('lo');
    expect(
      await sh(
        "cat /sys/class/net/lo/operstate; python3 -c \"import socket; s=socket.create_server(('127.0.0.1',0)); c=socket.create_connection(s.getsockname()); print('connected')\"",
      ),
    ).toMatch(/connected$/);
  });

  it('is set up with the files and owners of the image', async () => {
    expect(await sh('stat -c "%a %U:%G" /tmp /etc/shadow /usr/bin/passwd')).toBe('1777 root:root\n640 root:shadow\n4755 root:root');
    expect(await sh('. /etc/os-release; echo $ID')).toBe('debian');
  });

  it('reads and writes single files', async () => {
    await box.files.write('/srv/data/file.bin', Buffer.from([0, 255, 1]), { mode: 0o640 }).catch(async () => {
      await box.files.mkdir('/srv/data', { parents: true });
      await box.files.write('/srv/data/file.bin', Buffer.from([0, 255, 1]), { mode: 0o640 });
    });
    expect([...(await box.files.read('/srv/data/file.bin'))]).toEqual([0, 255, 1]);
    expect(await box.files.stat('/srv/data/file.bin')).toMatchObject({ type: 'file', mode: 0o640, size: 3 });
    await box.files.rename('/srv/data/file.bin', '/srv/data/other');
    expect((await box.files.list('/srv/data')).map(({ name }) => name)).toEqual(['other']);
    await box.files.remove('/srv/data', { recursive: true });
    await expect(box.files.read('/srv/data/other')).rejects.toMatchObject({ code: 'NotFound' });
    // What a process sees in a tmpfs, the files see too.
    await sh('echo in shm > /dev/shm/here');
    expect((await box.files.read('/dev/shm/here')).toString()).toBe('in shm\n');
  });

  it('tells its metrics', async () => {
    const metrics = await box.metrics();
    expect(metrics.executions).toBeGreaterThan(5);
    expect(metrics.host?.memoryBytes).toBeGreaterThan(50e6);
    expect(metrics.guest?.memoryTotalBytes).toBeGreaterThan(250e6);
    expect(metrics.guest?.memoryTotalBytes).toBeLessThan(384 * 2 ** 20);
    expect(metrics.guest?.cpuSeconds).toBeGreaterThan(0);
    expect(metrics.guest?.diskTotalBytes).toBeGreaterThan(3e9);
  });
});
