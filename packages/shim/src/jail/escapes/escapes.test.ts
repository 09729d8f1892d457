import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Confinement, describeWithIntruder, type Outcomes, Surroundings } from '../../testing/intruder.js';
import { probeJail } from '../probe-jail.js';
import { cgroupPlan } from '../../cgroup/vm-cgroup.js';
import { jailPolicy } from '../policy.js';
import { ATTEMPTS, type Layer, LAYERS } from './attempts.js';
import { matrix, tableCells } from './matrix.js';

/** What can be left out, so that what is left can be seen to hold. */
const SWITCHED = LAYERS.filter((layer) => layer !== 'inheritance');
/** By these a Landlock keeps network, abstract sockets and signals (version 6). */
const LANDLOCK_VERSION = 6;

const isRoot = process.geteuid?.() === 0;
const POLICY = jailPolicy({ accelerator: 'tcg', disks: [] });
const CGROUP = cgroupPlan(
  { directory: join(__dirname, `escapes-${String(process.pid)}`), cpus: 1, memoryMib: 16, accelerator: 'tcg' },
  false,
);
/** Less than a VM's, so that the host has it to spare where nothing stops the intruder. */
const MEMORY_BYTES = 32 * 2 ** 20;

/** The policy of a VM, with these layers alone. */
const only = (layers: readonly Layer[]): Confinement => {
  const wish = (layer: Layer): 'required' | 'off' => (layers.includes(layer) ? 'required' : 'off');
  return {
    jail: {
      namespaces: wish('namespaces'),
      landlock: wish('landlock'),
      privileges: wish('privileges'),
      seccomp: wish('seccomp'),
      syscalls: POLICY.jail.syscalls,
    },
    cgroup: layers.includes('cgroup') ? { ...CGROUP, limits: { ...CGROUP.limits, memoryBytes: MEMORY_BYTES } } : null,
    limits: layers.includes('limits') ? POLICY.limits : { core: null, openFiles: null, fileBytes: null },
  };
};

/** Who has the capability to may raise limits, so they count for who has none. */
const alone = (layer: Layer): readonly Layer[] => (layer === 'limits' ? ['limits', 'privileges'] : [layer]);

const holdersOf = (name: string): readonly Layer[] => {
  const held = ATTEMPTS.get(name);
  return [...(held?.by ?? []), ...(isRoot ? (held?.byForRoot ?? []) : [])];
};

/** Attempts that do not fit what `expected` says of them, with their outcomes: nothing, if all is well. */
const misfits = (outcomes: Outcomes, expected: (name: string, outcome: string) => boolean): [string, string][] =>
  [...outcomes].filter(([name, outcome]) => !expected(name, outcome));

describeWithIntruder('a VMM that is not QEMU any more', () => {
  let surroundings: Surroundings;
  let free: Outcomes;
  /** With no layer but those that are never off. */
  let bare: Outcomes;
  let missing: readonly Layer[];

  beforeAll(async () => {
    surroundings = await Surroundings.make();
    free = await surroundings.runFree();
    bare = await surroundings.run(only([]));
    const { namespaces, landlock, seccomp, cgroup } = await probeJail();
    const whole: Partial<Record<Layer, boolean>> = {
      namespaces: namespaces.length === 7,
      landlock: landlock !== null && landlock >= LANDLOCK_VERSION,
      seccomp,
      cgroup: cgroup.controllers.includes('memory') && cgroup.controllers.includes('pids'),
    };
    missing = SWITCHED.filter((layer) => whole[layer] === false);
    if (missing.length > 0) process.stderr.write(`skipped: this host does not offer ${missing.join(', ')}\n`);
  }, 60_000);

  afterAll(() => surroundings[Symbol.asyncDispose]());

  /** What works for a program that its owner started, and so can be seen to be stopped. */
  const works = (name: string): boolean => free.get(name) === 'ok';

  it('could do all of it if nothing stopped it, but for what its owner may not do, or this kernel cannot', () => {
    const idle = [...free].filter(([, outcome]) => outcome !== 'ok');
    process.stderr.write(`does not work here without a jail: ${idle.map((pair) => pair.join(' ')).join(', ') || 'nothing'}\n`);
    expect([...free.keys()].filter((name) => !ATTEMPTS.has(name))).toEqual([]);
    // For lack of a privilege, of a file, or of a part of the kernel.
    const reasons = isRoot ? ['ENOENT', 'ENOSYS'] : ['ENOENT', 'ENOSYS', 'EPERM', 'EACCES', 'EINVAL'];
    expect(idle.filter(([, outcome]) => !reasons.includes(outcome))).toEqual([]);
    expect(free.size - idle.length).toBeGreaterThan(ATTEMPTS.size / 2);
  });

  it('finds nothing that its owner left within reach', () => {
    expect(misfits(bare, (name, outcome) => !works(name) || (outcome !== 'ok') === holdersOf(name).includes('inheritance'))).toEqual([]);
  });

  it.each(SWITCHED)('is stopped by %s alone in what the table says, and in nothing else', async (layer) => {
    if (missing.includes(layer)) return;
    const without = layer === 'limits' ? await surroundings.run(only(['privileges'])) : bare;
    const outcomes = await surroundings.run(only(alone(layer)));
    const fits = (name: string, outcome: string): boolean => {
      const isStopped = outcome !== 'ok' && outcome !== without.get(name);
      // It would have ended this process, and there was no other.
      if (outcome === 'ECHILD') return true;
      // Stopped without this layer as well, by the same word.
      if (outcome !== 'ok' && !isStopped) return !works(name) || without.get(name) !== 'ok';
      return isStopped === holdersOf(name).includes(layer) || !works(name);
    };
    expect(misfits(outcomes, fits)).toEqual([]);
  });

  it.each(SWITCHED)('is stopped without %s as well, where two layers hold', async (layer) => {
    const outcomes = await surroundings.run(only(SWITCHED.filter((other) => other !== layer && !missing.includes(other))));
    const isHeld = (name: string): boolean => holdersOf(name).some((other) => other !== layer && !missing.includes(other));
    expect(misfits(outcomes, (name, outcome) => !isHeld(name) || outcome !== 'ok')).toEqual([]);
  });

  it.each<[string, { syscalls?: 'kvm'; withVolume?: boolean }]>([
    ['', {}],
    [' with the calls of KVM', { syscalls: 'kvm' }],
    [' with a volume, and what its work on files needs', { withVolume: true }],
  ])('is stopped in everything but what nothing holds%s', async (_, { syscalls = POLICY.jail.syscalls, withVolume = false }) => {
    if (withVolume && missing.includes('namespaces')) return;
    const { jail, ...others } = only(SWITCHED.filter((layer) => !missing.includes(layer)));
    const outcomes = await surroundings.run({ jail: { ...jail, syscalls }, ...others, withVolume });
    const isHeld = (name: string): boolean => holdersOf(name).some((layer) => !missing.includes(layer));
    expect(misfits(outcomes, (name, outcome) => !isHeld(name) || outcome !== 'ok')).toEqual([]);
  });
});

describe('the table of attempts', () => {
  it('is in the documentation as it is here', async () => {
    const page = await readFile(join(__dirname, '../../../../../docs/security.md'), 'utf8');
    expect(tableCells(page, 'attempt')).toEqual(matrix());
  });
});
