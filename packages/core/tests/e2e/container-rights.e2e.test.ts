import type { BoxliteRuntime, LiteBox } from '@boxlite/core';
import { eventually } from './support/eventually.js';
import { debian, openRuntime, spawnBox } from './support/boxes.js';

describe('what the container in a Box may do', () => {
  let runtime: BoxliteRuntime;

  beforeAll(async () => {
    runtime = await openRuntime();
  });

  afterAll(async () => {
    await runtime.close();
  });

  const sh = async (box: LiteBox, script: string, options = {}): Promise<string> => {
    const { stdout, stderr } = await box.run('sh', ['-c', script], options);
    return (stdout + stderr).trimEnd();
  };

  const call = (number: number, ...args: number[]): [string, string[]] => [
    'python3',
    [
      '-c',
      `import ctypes, os; c = ctypes.CDLL(None, use_errno=True); r = c.syscall(*map(ctypes.c_long, ${JSON.stringify([number, ...args])})); print(r if r < 0 else 0, os.strerror(ctypes.get_errno()))`,
    ],
  ];

  it('is by default what other runtimes allow', async () => {
    await using box = await spawnBox(runtime, debian());
    expect(await sh(box, 'grep -E "^(Seccomp|NoNewPrivs):" /proc/self/status')).toBe('NoNewPrivs:\t0\nSeccomp:\t2');
    // io_uring_setup, add_key and kexec_load; after them, what is allowed.
    expect((await box.run(...call(425, 1, 0))).stdout).toBe('-1 Function not implemented\n');
    expect((await box.run(...call(248, 0, 0, 0, 0, 0))).stdout).toBe('-1 Function not implemented\n');
    expect((await box.run(...call(246, 0, 0, 0, 0))).stdout).toBe('-1 Operation not permitted\n');
    expect(await sh(box, 'unshare --user --map-root-user id -u')).toBe('0');
    // A renamed clone still gets its name: the profile is on whoever gives it.
    const [clone] = await box.clone();
    await using own = clone as LiteBox;
    expect(await sh(own, 'hostname; cat /etc/hostname')).toBe(`${own.id}\n${own.id}`);
    expect(await sh(own, 'grep ^Seccomp: /proc/self/status')).toBe('Seccomp:\t2');
    await own.remove({ force: true });
  });

  it('lets programs use devices that the image brings or they make, but no others', async () => {
    await using box = await spawnBox(runtime, debian());
    expect(await sh(box, 'mknod /tmp/zero c 1 5 && head -c 3 /tmp/zero | od -An -tx1; mknod /tmp/vdb b 254 16 && cat /tmp/vdb')).toBe(
      ' 00 00 00\ncat: /tmp/vdb: Operation not permitted',
    );
    expect(await sh(box, 'dmesg', { user: 'nobody' })).toMatch(/Operation not permitted/);
  });

  it('ends a process that wants more memory than there is, and says so', async () => {
    await using box = await spawnBox(runtime, { ...debian(), memoryMib: 256 });
    const hog = 'b = []\nwhile True: b.append(bytearray(8 << 20))';
    expect(await box.run('python3', ['-c', hog])).toMatchObject({ signal: 'SIGKILL', oomKilled: true });
    expect(await box.run('sh', ['-c', `python3 -c "$1"; exit $?`, 'sh', hog])).toMatchObject({ exitCode: 137, oomKilled: true });
    await expect(box.run('python3', ['-c', hog], { check: true })).rejects.toMatchObject({ code: 'Execution', reason: 'out-of-memory' });
    await using main = await spawnBox(runtime, { ...debian(), memoryMib: 256, cmd: ['python3', '-c', hog] });
    await main.start();
    await eventually('it to end', async () => (await main.info()).status === 'stopped' || undefined);
    expect(await main.info()).toMatchObject({ exitSignal: 'SIGKILL', oomKilled: true });
    // Whoever kills a process otherwise.
    expect(await box.run('sh', ['-c', 'kill -9 $$'])).toMatchObject({ signal: 'SIGKILL', oomKilled: false });
    expect((await box.metrics()).guest?.oomKills).toBe(3);
  });

  it('is what the options say', async () => {
    await using box = await spawnBox(runtime, {
      ...debian(),
      hostname: 'confined',
      readOnlyRoot: true,
      shmSizeMib: 16,
      ulimits: { nofile: { soft: 32, hard: 64 }, fsize: 0, core: -1 },
      sysctls: { 'net.core.somaxconn': '77', 'kernel.shmmax': '65536' },
      pidsLimit: 20,
      noNewPrivileges: true,
      seccomp: 'unconfined',
      capabilities: { add: ['SYS_TIME'], drop: ['CHOWN'] },
    });
    expect(await sh(box, 'grep -E "^(Seccomp|NoNewPrivs):" /proc/self/status')).toBe('NoNewPrivs:\t1\nSeccomp:\t0');
    expect(await sh(box, 'touch /x; echo x >>/etc/hosts; grep -c " / overlay ro," /proc/mounts')).toMatch(
      /1\n.*'\/x': Read-only file system\n.*\/etc\/hosts: Read-only file system/s,
    );
    expect(await sh(box, 'df -m --output=size /dev/shm | tail -1; touch /dev/shm/x && echo writable')).toMatch(/^ *16\nwritable$/);
    expect(await sh(box, 'ulimit -Sn; ulimit -Hn; ulimit -f; ulimit -c')).toBe('32\n64\n0\nunlimited');
    expect(await sh(box, 'echo more than nothing >/dev/shm/file')).toBe('');
    expect(await sh(box, 'cat /proc/sys/net/core/somaxconn /proc/sys/kernel/shmmax /sys/fs/cgroup/pids.max')).toBe('77\n65536\n20');
    // Not even a program with the set-user-ID bit, for whoever starts as somebody else.
    expect(await sh(box, 'passwd -S 2>&1; grep NoNewPrivs /proc/self/status', { user: 'nobody' })).toMatch(/NoNewPrivs:\t1$/);
    expect(await sh(box, 'for i in $(seq 40); do sleep 5 & done; echo started', { timeoutMs: 20_000 })).toMatch(/Cannot fork|fork/);
    expect(await box.ociConfig()).toMatchObject({
      hostname: 'confined',
      root: { readonly: true },
      process: { noNewPrivileges: true, rlimits: expect.arrayContaining([{ type: 'RLIMIT_NOFILE', soft: 32n, hard: 64n }]) as unknown },
      linux: { resources: { pids: { limit: 20 } }, sysctl: { 'net.core.somaxconn': '77' } },
    });
    await box.stop({ timeoutMs: 0 });
    // The same after another start.
    expect(await sh(box, 'ulimit -Sn; touch /x')).toMatch(/^32\n.*Read-only file system$/);
    expect((await box.info()).confinement).toMatchObject({ readOnlyRoot: true, pidsLimit: 20, seccomp: 'unconfined' });
  });
});
