import { existsSync } from 'node:fs';
import { mkdir, readFile, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { shimProgram } from '../assets.js';
import type { JailReport } from '../jail/jail-report.js';
import { probeJail } from '../jail/probe-jail.js';
import { spawnShim } from '../launch/spawn-shim.js';
import { testPlan } from '../testing/test-plan.js';
import { describeWithShim, temporaryDirectory } from '../testing/with-shim.js';
import { cgroupPlan, isCgroupPath, removeCgroups, removeLeftCgroups, writesToMemory } from './vm-cgroup.js';

const MIB = 2 ** 20;

describe('the cgroup of a VM', () => {
  const machine = { directory: '/home/me/.boxlite/boxes/0123456789ab', cpus: 2, memoryMib: 512, accelerator: 'kvm' as const };

  it('has room for the guest and its VMM, and a name that is its own', () => {
    const { name, limits } = cgroupPlan(machine, false);
    expect(limits).toEqual({ memoryBytes: 768 * MIB, tasks: 130, cpus: 3 });
    expect(cgroupPlan({ ...machine, accelerator: 'tcg' }, false).limits.memoryBytes).toBe(1024 * MIB);
    expect(name).toMatch(/^boxlite-[0-9a-f]{12}-0123456789ab$/);
    expect(cgroupPlan({ ...machine, directory: '/elsewhere/boxes/0123456789ab' }, false).name).not.toBe(name);
    expect(isCgroupPath(`/sys/fs/cgroup/${name}`)).toBe(true);
    expect(isCgroupPath('/sys/fs/cgroup/user.slice')).toBe(false);
  });

  it('has no limit of memory where its files are memory', async () => {
    expect(cgroupPlan(machine, true).limits.memoryBytes).toBeNull();
    const share = (readOnly: boolean): Parameters<typeof writesToMemory>[0]['share'] => ({
      mounts: [{ name: '0', source: '/dev/shm', readOnly }],
      owner: { user: 0, group: 0 },
    });
    const spec = { directory: '/proc', disks: [] };
    expect(await writesToMemory({ ...spec, share: share(true) })).toBe(false);
    expect(await writesToMemory({ ...spec, share: share(false) })).toBe(true);
    expect(await writesToMemory({ directory: '/nowhere', disks: [] })).toBe(false);
  });
});

/** With version 1 a process is put into its group while it starts. Without a process more: the shell reads it itself. */
const AWAIT_GROUP =
  'until [ "$in" ]; do while read -r line; do case $line in *pids:*/boxlite-*|0::*/boxlite-*) in=1;; esac; done < /proc/self/cgroup; done;';

interface Ended {
  code: number | null;
  signal: string | null;
  report: JailReport;
  said: string;
}

/** Runs a command as a VM's process that may take no more than this. */
const limited = async (
  box: string,
  command: readonly [string, ...string[]],
  limits: { memoryBytes: number; tasks: number },
): Promise<Ended> => {
  await mkdir(box, { recursive: true });
  const cgroup = { ...cgroupPlan({ directory: box, cpus: 1, memoryMib: 64, accelerator: 'tcg' }, false), limits: { ...limits, cpus: 2 } };
  const { process: engine, jail: report } = await spawnShim(shimProgram(), testPlan(box, command, { cgroup }));
  const { code, signal } = await engine.exited;
  return { code, signal, report, said: await readFile(join(box, 'console.log'), 'utf8') };
};

describeWithShim('cgroups of this host', () => {
  let offered: readonly string[] = [];

  beforeAll(async () => {
    offered = (await probeJail()).cgroup.controllers;
    if (offered.length < 3) console.warn(`skipped in part: this host lets the tests limit ${offered.join(', ') || 'nothing'} by cgroups`);
  });

  it('hold a process that takes more memory than it may, and are gone when it is', async () => {
    if (!offered.includes('memory')) return;
    await using directory = await temporaryDirectory();
    const program = 'const all = []; for (;;) all.push(Buffer.alloc(8 << 20, 1));';
    const { signal, report } = await limited(join(directory.path, 'box'), [process.execPath, '-e', program], {
      memoryBytes: 128 * MIB,
      tasks: 100,
    });
    expect(signal).toBe('SIGKILL');
    expect(report.cgroup.controllers).toContain('memory');
    expect(report.cgroup.paths.filter((path) => existsSync(path))).toEqual([]);
  });

  it('hold one that makes more processes than it may', async () => {
    if (!offered.includes('pids')) return;
    await using directory = await temporaryDirectory();
    const box = join(directory.path, 'box');
    const command = ['/bin/sh', '-c', `${AWAIT_GROUP} /bin/true; cat /proc/self/cgroup >&9`] as const;
    const few = await limited(box, command, { memoryBytes: 64 * MIB, tasks: 1 });
    expect(few).toMatchObject({ code: 2, said: '' });
    const many = await limited(box, command, { memoryBytes: 64 * MIB, tasks: 8 });
    expect(many).toMatchObject({ code: 0, said: expect.stringContaining(basename(many.report.cgroup.paths[0] ?? 'nothing')) as string });
  });

  it('are removed when their owner could not, but for those in use', async () => {
    const { paths } = (await probeJail()).cgroup;
    if (paths.length === 0) return;
    await using directory = await temporaryDirectory();
    const box = join(directory.path, 'box');
    const { name } = cgroupPlan({ directory: box, cpus: 1, memoryMib: 64, accelerator: 'tcg' }, false);
    const left = paths.map((path) => join(dirname(path), name));
    await Promise.all(left.map((path) => mkdir(path)));
    await removeLeftCgroups([join(directory.path, 'other')]);
    expect(left.every((path) => existsSync(path))).toBe(true);
    await removeLeftCgroups([directory.path]);
    expect(left.filter((path) => existsSync(path))).toEqual([]);
  });

  it('are removed without their home when they have been left for long, but for those in use', async () => {
    const { paths } = (await probeJail()).cgroup;
    if (paths.length === 0) return;
    await using directory = await temporaryDirectory();
    const plan = cgroupPlan({ directory: directory.path, cpus: 1, memoryMib: 64, accelerator: 'tcg' }, false);
    const left = paths.map((path) => join(dirname(path), `${plan.name}-left`));
    await Promise.all(left.map((path) => mkdir(path)));
    const { process: engine, jail } = await spawnShim(shimProgram(), testPlan(directory.path, ['/bin/sleep', '60'], { cgroup: plan }));
    try {
      await removeLeftCgroups(['/elsewhere']);
      expect(left.every((path) => existsSync(path))).toBe(true);
      const anHourAgo = Date.now() / 1_000 - 3_600;
      await Promise.all([...left, ...jail.cgroup.paths].map((path) => utimes(path, anHourAgo, anHourAgo)));
      await removeLeftCgroups(['/elsewhere']);
      expect(left.filter((path) => existsSync(path))).toEqual([]);
      expect(jail.cgroup.paths.every((path) => existsSync(path))).toBe(true);
    } finally {
      engine.kill('SIGKILL');
      await engine.exited;
      await removeCgroups(left);
    }
    expect(jail.cgroup.paths.filter((path) => existsSync(path))).toEqual([]);
  });
});
