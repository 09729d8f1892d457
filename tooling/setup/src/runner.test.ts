import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runSteps } from './runner.js';
import { type Step } from './step.js';

describe('runSteps', () => {
  let root: string;
  let ran: string[];

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'runner-'));
    ran = [];
    await mkdir(join(root, 'src'));
    await writeFile(join(root, 'src/input'), 'one');
  });

  afterEach(() => rm(root, { recursive: true }));

  const step = (name: string, after: string[] = [], run: () => Promise<void> | void = () => undefined): Step => ({
    name,
    after,
    inputs: ['src'],
    outputs: [join(root, name)],
    run: async () => {
      ran.push(name);
      await run();
      await writeFile(join(root, name), '');
    },
  });
  const go = (...steps: Step[]): Promise<void> => runSteps(steps, { root, stamps: join(root, 'stamps') });

  test('keeps the order that the steps ask for', async () => {
    await go(step('last', ['middle']), step('middle', ['first']), step('first'));
    expect(ran).toEqual(['first', 'middle', 'last']);
  });

  test('runs a step again only for changed inputs or a missing output', async () => {
    const one = step('one');
    await go(one);
    await go(one);
    expect(ran).toEqual(['one']);
    await writeFile(join(root, 'src/input'), 'two');
    await go(one);
    expect(ran).toEqual(['one', 'one']);
    await rm(join(root, 'one'));
    await go(one);
    expect(ran).toEqual(['one', 'one', 'one']);
  });

  test('runs a step again when what it stands on besides its inputs has changed', async () => {
    let state = 'old';
    const one = { ...step('one'), state: () => Promise.resolve(state) };
    await go(one);
    await go(one);
    expect(ran).toEqual(['one']);
    state = 'new';
    await go(one);
    expect(ran).toEqual(['one', 'one']);
  });

  test('a failed step stops what depends on it and nothing else, and is tried again', async () => {
    let broken = true;
    const steps = [
      step('bad', [], () => {
        if (broken) throw new Error('no luck');
      }),
      step('other'),
      step('dependent', ['bad']),
    ];
    await expect(go(...steps)).rejects.toMatchObject({ errors: [{ message: 'bad: no luck' }] });
    expect(ran.sort()).toEqual(['bad', 'other']);
    broken = false;
    ran = [];
    await go(...steps);
    expect(ran).toEqual(['bad', 'dependent']);
  });
});
