import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { BoxliteRuntime, LiteBox } from '@boxlite/core';
import { openRuntime, sh, spawnBox } from './support/boxes.js';
import { BY_CAPABILITIES, BY_CONTAINER, BY_SECCOMP, intrude, letIn, OWN_TO_CONTAINER, UNCONFINED } from './support/intruder.js';

/** What a Box could have changed of its host, had it come so far. */
const hostState = async (): Promise<unknown> => ({
  hostname: hostname(),
  mounts: await readFile('/proc/self/mountinfo', 'utf8'),
  corePattern: await readFile('/proc/sys/kernel/core_pattern', 'utf8'),
});

const namesThat = (outcomes: ReadonlyMap<string, string>, fits: (outcome: string) => boolean): string[] =>
  [...outcomes].filter(([, outcome]) => fits(outcome)).map(([name]) => name);
const working = (outcomes: ReadonlyMap<string, string>): string[] => namesThat(outcomes, (outcome) => outcome === 'ok');

/** No path of the container leads there, or the agent follows none of its links. */
const refused = { code: expect.stringMatching(/^(NotFound|InvalidState)$/) as string };

describe('a program that tries to get out of its Box', () => {
  let runtime: BoxliteRuntime;
  let neighbour: LiteBox;
  let before: unknown;

  beforeAll(async () => {
    runtime = await openRuntime();
    neighbour = await spawnBox(runtime);
    await sh(neighbour, 'echo untouched >/note');
    before = await hostState();
  });

  afterAll(async () => {
    await neighbour[Symbol.asyncDispose]();
    await runtime.close();
  });

  /** The Box that was attacked from within answers, and nobody else has noticed. */
  const expectUnharmed = async (box: LiteBox): Promise<void> => {
    expect(await sh(box, 'echo here')).toBe('here');
    expect(await sh(neighbour, 'cat /note')).toBe('untouched');
    expect(await hostState()).toEqual(before);
  };

  it('reaches nothing but what is the container’s own', async () => {
    await using box = await spawnBox(runtime);
    await letIn(box);
    const asRoot = await intrude(box, ['guest=1']);
    expect(working(asRoot).filter((name) => !OWN_TO_CONTAINER.includes(name))).toEqual([]);
    const known = [...OWN_TO_CONTAINER, ...BY_SECCOMP, ...BY_CAPABILITIES, ...BY_CONTAINER];
    expect([...asRoot.keys()].filter((name) => !known.includes(name))).toEqual(['read /etc/shadow', 'make a device']);
    const asNobody = await intrude(box, ['guest=1'], { user: 'nobody' });
    expect(working(asNobody).filter((name) => !OWN_TO_CONTAINER.includes(name))).toEqual([]);
    await expectUnharmed(box);
  });

  it('is held by each layer of the container alone', async () => {
    await using withCapabilities = await spawnBox(runtime, { capabilities: { add: ['ALL'] } });
    await letIn(withCapabilities);
    const bySeccomp = await intrude(withCapabilities, ['guest=1']);
    expect(working(bySeccomp).filter((name) => [...BY_SECCOMP, ...BY_CONTAINER].includes(name))).toEqual([]);
    await using withCalls = await spawnBox(runtime, { seccomp: 'unconfined' });
    await letIn(withCalls);
    const byCapabilities = await intrude(withCalls, ['guest=1']);
    expect(working(byCapabilities).filter((name) => [...BY_CAPABILITIES, ...BY_CONTAINER].includes(name))).toEqual([]);
    await Promise.all([withCapabilities, withCalls].map(expectUnharmed));
  });

  it('is still in its machine when no capability and no call is missing', async () => {
    await using box = await spawnBox(runtime, UNCONFINED);
    await letIn(box);
    const outcomes = await intrude(box, ['guest=1']);
    expect(working(outcomes).filter((name) => BY_CONTAINER.includes(name))).toEqual([]);
    // It owns the guest's kernel, if it wants to.
    const owned = ['mount', 'use BPF', 'set the clock', 'make keys', "trace the container's first process"];
    expect(working(outcomes)).toEqual(expect.arrayContaining(owned));
    await expectUnharmed(box);
  });

  it('takes no more than its share of processes, memory and disk', async () => {
    await using box = await spawnBox(runtime, { pidsLimit: 64, memoryMib: 256, diskSizeMib: 128 });
    await letIn(box);
    const bombs = await intrude(box, ['processes=400', 'threads=400', 'mebibytes=4096']);
    expect(bombs.get('make processes without end')).toBe('EAGAIN');
    expect(bombs.get('make threads without end')).toBe('EAGAIN');
    // Refused, or ended by the guest's kernel.
    expect(bombs.get('take memory without end')).toMatch(/^(ENOMEM|signal 9)$/);
    await expectUnharmed(box);
    const filled = await sh(box, 'cat /dev/zero 2>&1 >/fill || true; rm /fill; echo room >/after; cat /after');
    expect(filled).toMatch(/No space left on device\nroom$/);
    await expectUnharmed(box);
  });

  it('does not get the agent to follow links of /proc to what is the agent’s', async () => {
    await using box = await spawnBox(runtime, UNCONFINED);
    const links = { root: '/proc/self/root', thread: '/proc/thread-self/root', cwd: '/proc/self/cwd', first: '/proc/1/root' };
    for (const [name, target] of Object.entries(links)) await sh(box, `ln -s ${target} /${name}`);
    // The agent's own root has its program, /init; a container of this image has none.
    for (const name of Object.keys(links)) await expect(box.files.read(`/${name}/init`)).rejects.toMatchObject(refused);
    // Renamed between one step of a path and the next.
    const swap = await box.exec('sh', [
      '-c',
      'mkdir /a; ln -s /proc/1/root /b; echo ready; while :; do mv -T /a /c; mv -T /b /a; mv -T /a /b; mv -T /c /a; done',
    ]);
    for await (const line of swap.stdout) if (String(line).includes('ready')) break;
    for (let round = 0; round < 200; round += 1) await expect(box.files.read('/a/init')).rejects.toMatchObject(refused);
    await swap.kill('SIGKILL');
    await swap.wait();
    await expectUnharmed(box);
  });
});
