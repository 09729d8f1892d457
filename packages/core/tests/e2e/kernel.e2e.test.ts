import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BoxliteRuntime, LiteBox } from '@boxlite/core';
import { debian, openRuntime, spawnBox } from './support/boxes.js';

/** What Debian's kernel has in modules that its guests do not load. */
const OWN_KERNEL_ONLY = [
  'file system squashfs',
  'file system 9p',
  'file system fuse',
  'file system binfmt_misc',
  'device tun',
  'device fuse',
  'device loop-control',
  'sockets AF_PACKET',
  'sockets AF_VSOCK',
  'interface veth',
  'interface bridge',
  'interface dummy',
  'nftables: a table, a chain that translates addresses, a rule that counts',
];

describe('the kernel in a Box', () => {
  let runtime: BoxliteRuntime;
  let box: LiteBox;
  let isOwn: boolean;

  beforeAll(async () => {
    runtime = await openRuntime();
    const { kernelRelease } = (await runtime.system()).guest;
    isOwn = kernelRelease.endsWith('-boxlite');
    process.stderr.write(`guests run on Linux ${kernelRelease}${isOwn ? ', built by ./dev kernel' : ''}\n`);
    // What the kernel has, not what a container may ask of it.
    box = await spawnBox(runtime, { ...debian(), memoryMib: 512, capabilities: { add: ['ALL'] }, seccomp: 'unconfined' });
  });

  afterAll(async () => {
    await box[Symbol.asyncDispose]();
    await runtime.close();
  });

  const sh = async (script: string): Promise<string> => (await box.run('sh', ['-c', script], { check: true })).stdout.trimEnd();

  it('is the one that the runtime tells of', async () => {
    expect(await sh('uname -r')).toBe((await runtime.system()).guest.kernelRelease);
  });

  it('has what containers and programs ask for', async () => {
    const probe = await readFile(join(__dirname, 'support/kernel-probe.py'), 'utf8');
    const { stdout } = await box.run('python3', ['-'], { stdin: probe, check: true });
    const results = JSON.parse(stdout) as Record<string, string>;
    const failed = Object.entries(results).filter(([, result]) => result !== 'ok');
    expect(failed.filter(([name]) => isOwn || !OWN_KERNEL_ONLY.includes(name))).toEqual([]);
    expect(Object.keys(results)).toEqual(expect.arrayContaining([...OWN_KERNEL_ONLY, 'namespace user', 'io_uring']));
  });

  it('lets a user without privileges be root of a namespace', async () => {
    const script = 'unshare --user --map-root-user --mount --net sh -c "id -u; mount -t tmpfs none /mnt && ls /sys/class/net"';
    expect((await box.run('sh', ['-c', script], { check: true, user: 'nobody' })).stdout).toBe('0\nlo\n');
  });

  it('randomises where programs are loaded', async () => {
    const script =
      'for i in 1 2 3 4; do python3 -c "import ctypes; print(id(object()), ctypes.addressof(ctypes.c_int()))"; done | sort -u | wc -l';
    expect(await sh(script)).toBe('4');
  });

  it('tells of no warning of its own', async () => {
    expect(await sh('dmesg | grep -E "WARNING|BUG|Call Trace|unchecked MSR" || true')).toBe('');
  });
});
