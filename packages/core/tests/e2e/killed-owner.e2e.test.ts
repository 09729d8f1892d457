import { join } from 'node:path';
import { readdir } from 'node:fs/promises';
import { BoxliteRuntime } from '@boxlite/core';
import { killedProcess } from './support/another-process.js';
import { sh, sharedHome, temporaryHome } from './support/boxes.js';
import { checkDisk } from './support/disk-check.js';
import { eventually } from './support/eventually.js';
import { enginesOf, killedAtStep, type KillPoint } from './support/killed-at-step.js';
import { layersOf, unnamedLayers } from './support/layers.js';
import { itLeavesNothing } from './support/leaks.js';
import { unlessAll } from './support/long.js';
import { isAlive } from './support/processes.js';

/** All that a program does with Boxes, told as soon as it is acknowledged. */
const life = (detach: boolean): string => `
  const runtime = await BoxliteRuntime.open({ home });
  const box = await runtime.create({ name: 'it', memoryMib: 128, diskSizeMib: 128, detach: ${String(detach)} });
  say('created');
  await box.run('sh', ['-c', 'echo kept > /root/file; sync'], { check: true });
  say('written');
  await box.snapshots.create('then');
  say('snapshot');
  const [clone] = await box.clone();
  await clone.remove({ force: true });
  await box.pause();
  await box.resume();
  await box.stop();
  await box.start();
  await box.snapshots.remove('then');
  say('removes');
  await box.remove({ force: true });
  say('removed');
  await runtime.close();
`;

/** Before a program that is killed by the clock; it says something at once, as that is where the clock begins. */
const PROGRAM = `
  import { BoxliteRuntime } from '@boxlite/core';
  const [home] = process.argv.slice(1);
  const say = (line) => process.stdout.write(line + '\\n');
  say('begins');
`;

/** A start alone, so that each of its steps is met. */
const start = (detach: boolean): string => `
  const runtime = await BoxliteRuntime.open({ home });
  const box = await runtime.create({ name: 'it', memoryMib: 128, diskSizeMib: 128, detach: ${String(detach)} });
  say('created');
  await box.start();
  await runtime.close();
`;

/** Whatever has happened to the program, its home is as it should be. */
const checkHome = async (home: string, said: readonly string[]): Promise<void> => {
  const left = enginesOf(home);
  await using runtime = await BoxliteRuntime.open({ home });
  const boxes = await runtime.list();
  const known = boxes.flatMap(({ pid }) => pid ?? []);
  // Attached ones end a moment after their owner, detached ones are known or were ended.
  await eventually('the VMMs that nobody owns to end', () => left.every((pid) => known.includes(pid) || !isAlive(pid)) || undefined);
  expect(enginesOf(home).toSorted()).toEqual(known.toSorted());
  expect((await readdir(join(home, 'boxes'), { recursive: true })).filter((path) => /\.tmp$|\.making|\.removing/.test(path))).toEqual([]);
  expect(await unnamedLayers(home)).toEqual([]);

  if (said.includes('created') && !said.includes('removes')) expect(boxes.map(({ name }) => name)).toContain('it');
  if (said.includes('removed')) expect(boxes).toEqual([]);
  for (const { id, name } of boxes) {
    const box = await runtime.get(id);
    if (name === 'it' && said.includes('written') && !said.includes('removes')) expect(await sh(box, 'cat /root/file')).toBe('kept');
    else expect(await sh(box, 'echo works')).toBe('works');
    if (name === 'it' && said.includes('snapshot') && !said.includes('removes'))
      expect((await box.snapshots.list()).map((snapshot) => snapshot.name)).toContain('then');
    await box.stop();
    await checkDisk(home, join(home, 'boxes', id, 'state.json'));
    await box.remove();
  }
  expect(await layersOf(home)).toEqual([]);
  expect(enginesOf(home)).toEqual([]);
};

describe('a program that is killed', () => {
  let home: AsyncDisposable & { path: string };

  beforeAll(async () => {
    home = await temporaryHome();
  });

  afterAll(() => home[Symbol.asyncDispose]());

  const killed = async (detach: boolean, point: KillPoint, program = life): Promise<void> => {
    const { said, killed } = await killedAtStep(program(detach), home.path, point);
    expect(killed).toBe(true);
    await checkHome(home.path, said);
  };

  it('between the start of a detached VM and the record of its process leaves no VM behind', async () => {
    await killed(true, 'vm-record');
  });

  it('at any change that it makes in its home leaves nothing that nobody owns, and loses nothing that it was told is done', async () => {
    // The first has no template yet; the second is like those that follow.
    await killedAtStep(life(false), home.path, 0);
    const { steps = 0, killed: isKilled } = await killedAtStep(life(true), home.path, 0);
    expect(isKilled).toBe(false);
    expect(steps).toBeGreaterThan(50);
    const count = unlessAll(3, steps);
    for (let index = 0; index < count; index += 1) await killed(index % 2 === 0, 1 + Math.floor(((index + 0.5) * steps) / count));
  }, 3_600_000);

  it.each([
    ['an attached', false],
    ['a detached', true],
  ])(
    'at any step of the start of %s Box leaves no VM that nobody owns, and the next start works',
    async (_, detach) => {
      let steps = 0;
      // The first may have a template to make.
      for (let time = 0; time < 2; time += 1) {
        ({ steps = 0 } = await killedAtStep(start(detach), home.path, 0));
        await checkHome(home.path, ['created']);
      }
      expect(steps).toBeGreaterThan(10);
      const count = unlessAll(4, steps);
      for (let index = 0; index < count; index += 1) await killed(detach, 1 + Math.floor(((index + 0.5) * steps) / count), start);
    },
    1_800_000,
  );

  // The VMM is made, loads its state and boots its container between two changes of files.
  it('at any moment of a start, by the clock, does so as well', async () => {
    const begin = performance.now();
    await killedAtStep(start(false), home.path, 0);
    const whole = performance.now() - begin;
    await checkHome(home.path, ['created']);
    const count = unlessAll(4, 30);
    for (let index = 0; index < count; index += 1) {
      const { printed } = await killedProcess(PROGRAM + start(index % 2 === 0), [home.path], (whole / 2 / count) * index);
      await checkHome(home.path, printed.split('\n'));
    }
  }, 1_800_000);

  itLeavesNothing(() => home.path);
});

itLeavesNothing(sharedHome);
