import type { BoxliteRuntime, BoxOptions, LiteBox } from '@boxlite/core';
import { debian, openRuntime, sh, sharedHome, spawnBox, spawnClone, spawnClones } from './support/boxes.js';
import { eventually } from './support/eventually.js';
import { type Identity, identityOf, sharedBy, sshHostKeyOf } from './support/identity.js';
import { itLeavesNothing } from './support/leaks.js';
import { unlessAll } from './support/long.js';

const options = (): BoxOptions => ({ ...debian(), memoryMib: 256 });

/** Boxes that run at a time: a host has few processors. */
const AT_ONCE = 4;

/** Boxes of one template. */
const COUNT = unlessAll(6, 20);

describe('Boxes that began as the same memory', () => {
  let runtime: BoxliteRuntime;

  beforeAll(async () => {
    runtime = await openRuntime();
  });

  afterAll(() => runtime.close());

  /** Starts Boxes, and asks each at once, by its first command. */
  const identities = async (count: number, startedFrom: string, more: BoxOptions = {}): Promise<Identity[]> => {
    const found: Identity[] = [];
    let left = count;
    const work = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await using box = await spawnBox(runtime, { ...options(), ...more });
        const identity = await identityOf(box);
        found.push({ ...identity, 'SSH host key': await sshHostKeyOf(box) });
        expect((await box.info()).startedFrom).toBe(startedFrom);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return found;
  };

  it(`share no secret and no name: ${String(COUNT)} from the template of a shape`, async () => {
    const found = await identities(COUNT, 'template', { capabilities: { drop: ['NET_RAW'] } });
    expect(found).toHaveLength(COUNT);
    expect(sharedBy(found)).toEqual([]);
  });

  it(`share no secret and no name: ${String(COUNT)} from the template of an image`, async () => {
    await eventually(
      'the template of the image',
      async () => {
        await using box = await spawnBox(runtime, options());
        await box.start();
        return (await box.info()).startedFrom === 'image-template' || undefined;
      },
      60_000,
    );
    const found = await identities(COUNT, 'image-template');
    expect(found).toHaveLength(COUNT);
    expect(sharedBy(found)).toEqual([]);
  });

  it('share no secret and no name: 8 clones of a Box that runs, and that Box', async () => {
    await using box = await spawnBox(runtime, options());
    const own = await identityOf(box);
    await using clones = await spawnClones(box, { count: 8 });
    const found: Identity[] = [];
    const all: LiteBox[] = [box, ...clones];
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let next = all.shift(); next !== undefined; next = all.shift()) found.push(await identityOf(next));
      }),
    );
    expect(found).toHaveLength(9);
    expect(sharedBy(found)).toEqual([]);
    // What it is does not change by being cloned.
    const same = found.find((identity) => identity['host name'] === own['host name']);
    expect(same).toMatchObject({ 'machine-id': own['machine-id'], 'boot id': own['boot id'] });
  });

  it('share nothing that programs draw which ran when they were copied', async () => {
    await using box = await spawnBox(runtime, options());
    // Many, so that in a copy some of them would come to run before its agent.
    const draw = 'import os\nfor _ in range(200_000): print(os.urandom(16).hex())';
    await box.exec('sh', ['-c', 'for i in $(seq 6); do python3 -uc "$1" > /dev/shm/drawn-$i & done', 'sh', draw]);
    const all = (): Promise<string> => sh(box, 'for i in $(seq 6); do test -s /dev/shm/drawn-$i || exit 0; done; echo yes');
    await eventually('the programs to run', async () => (await all()) === 'yes' || undefined, 60_000);
    await using clones = await spawnClones(box, { count: 2 });
    // Each program's lines, in order.
    const drawn = await Promise.all(
      [box, ...clones].map(async (each) => (await sh(each, 'for i in $(seq 6); do paste -sd " " /dev/shm/drawn-$i; done')).split('\n')),
    );
    const [own = [], ...copies] = drawn.map((programs) => programs.map((lines) => lines.split(' ')));
    const later = (programs: string[][], others: string[][]): string[] =>
      programs.flatMap((lines, program) => {
        const begin = lines.findIndex((line, index) => line !== others[program]?.[index]);
        expect(begin).toBeGreaterThan(0);
        return lines.slice(begin);
      });
    for (const copy of copies) {
      const drawnHere = new Set(later(own, copy));
      expect(later(copy, own).filter((line) => drawnHere.has(line))).toEqual([]);
      expect(drawnHere.size).toBeGreaterThan(0);
    }
  });

  it('share no secret and no name: 4 from one snapshot, and the Box put back to it twice', async () => {
    await using box = await spawnBox(runtime, options());
    await box.start();
    await box.snapshots.create('begin');
    const found: Identity[] = [];
    {
      await using clones = await spawnClones(box, { snapshot: 'begin', count: 4 });
      for (const clone of clones) found.push(await identityOf(clone));
    }
    for (let time = 0; time < 2; time += 1) {
      await box.snapshots.restore('begin');
      found.push(await identityOf(box));
    }
    // The same Box is the same machine.
    expect(sharedBy(found)).toEqual(['machine-id', 'host name']);
    expect(sharedBy(found.slice(0, 5))).toEqual([]);
  });

  it('have another boot id after each start, and the same machine-id, whatever they are started from', async () => {
    await using box = await spawnBox(runtime, { memoryMib: 192 });
    const boots = new Set<string>();
    const machines = new Set<string>();
    for (let time = 0; time < 3; time += 1) {
      boots.add(await sh(box, 'cat /proc/sys/kernel/random/boot_id'));
      machines.add(await sh(box, 'cat /etc/machine-id'));
      await box.stop();
    }
    expect(boots.size).toBe(3);
    expect([...machines]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
    // One that goes on as another Box finds out at once, also a program that asks again and again.
    await box.exec('sh', ['-c', 'while cat /etc/machine-id; do :; done > /dev/shm/seen']);
    await using clone = await spawnClone(box);
    const [own = '', ...more] = (await sh(clone, 'sleep 0.1; sort -u /dev/shm/seen')).split('\n').filter((line) => !machines.has(line));
    expect(own).toMatch(/^[0-9a-f]{32}$/);
    expect(more).toEqual([]);
    expect(await sh(clone, 'cat /etc/machine-id')).toBe(own);
    await clone.stop();
    expect(await sh(clone, 'cat /etc/machine-id')).toBe(own);
  });
});

itLeavesNothing(sharedHome);
