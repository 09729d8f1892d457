import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BoxliteRuntime, LiteBox } from '@boxlite/core';
import { openRuntime, spawnBox } from './support/boxes.js';
import { eventually } from './support/eventually.js';
import { layersOf } from './support/layers.js';
import { notAsked } from './support/long.js';
import { childrenOf, openDescriptors, residentBytes } from './support/processes.js';

const MIB = 1 << 20;
const isLong = notAsked === undefined;
const CYCLES = isLong ? 1_000 : 15;
const BOXES = isLong ? 50 : 3;
const AT_ONCE = isLong ? 200 : 12;
const FOR_MS = isLong ? 300_000 : 5_000;
const options = { memoryMib: 128, diskSizeMib: 64 };

/** What Boxes take of this process and of the home. */
const use = async (runtime: BoxliteRuntime) => ({
  descriptors: openDescriptors(),
  children: childrenOf(process.pid).length,
  layers: (await layersOf(runtime.home)).length,
  boxes: (await readdir(join(runtime.home, 'boxes'))).length,
});

const memory = (): number => {
  global.gc?.();
  return residentBytes(process.pid);
};

const p99 = (samples: readonly number[]): number => samples.toSorted((a, b) => a - b)[Math.ceil(samples.length * 0.99) - 1] ?? NaN;

describe('load', () => {
  let runtime: BoxliteRuntime;

  beforeAll(async () => {
    runtime = await openRuntime();
  });

  afterAll(() => runtime.close());

  const cycle = async (): Promise<void> => {
    await using box = await spawnBox(runtime, options);
    expect(await box.run('true')).toMatchObject({ exitCode: 0 });
  };

  it(
    `${String(CYCLES)} times create, exec, remove leave no descriptor, process, file or memory behind`,
    async () => {
      // Templates, caches and pools are there before anything is counted.
      for (let i = 0; i < 3; i += 1) await cycle();
      const before = await use(runtime);
      const bytes = memory();
      for (let i = 0; i < CYCLES; i += 1) await cycle();
      // Descriptors are closed at a later turn of the event loop.
      await eventually('all to be given back', async () => {
        const now = await use(runtime);
        return now.descriptors <= before.descriptors || undefined;
      }).catch(() => undefined);
      const after = await use(runtime);
      expect(after).toEqual({ ...before, descriptors: expect.any(Number) as number });
      expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
      expect(memory() - bytes).toBeLessThan(32 * MIB);
    },
    isLong ? 3_600_000 : undefined,
  );

  it(
    `${String(AT_ONCE)} executions at once in ${String(BOXES)} Boxes, for ${String(FOR_MS / 1_000)} s, neither slow down nor take more and more memory`,
    async () => {
      const boxes: LiteBox[] = [];
      try {
        for (let i = 0; i < BOXES; i += 1) {
          const box = await runtime.create(options);
          boxes.push(box);
          await box.run('true', [], { check: true });
        }
        const begin = performance.now();
        const took: { at: number; ms: number }[] = [];
        const bytes: number[] = [];
        const lane = async (index: number): Promise<void> => {
          const box = boxes[index % boxes.length] as LiteBox;
          for (;;) {
            const at = performance.now();
            if (at - begin > FOR_MS) return;
            const { stdout, exitCode } = await box.run('echo', [String(index)]);
            expect([exitCode, stdout]).toEqual([0, `${String(index)}\n`]);
            took.push({ at: at - begin, ms: performance.now() - at });
          }
        };
        const watch = setInterval(() => bytes.push(memory()), FOR_MS / 10);
        await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => lane(index)));
        clearInterval(watch);
        const within = (from: number, to: number): number =>
          p99(took.filter(({ at }) => at >= from * FOR_MS && at < to * FOR_MS).map(({ ms }) => ms));
        expect(took.length).toBeGreaterThan(AT_ONCE);
        expect((bytes.at(-1) ?? NaN) - (bytes[1] ?? NaN)).toBeLessThan(32 * MIB);
        // Others use this machine, too: what grows by the load itself grows by far more.
        if (isLong) expect(within(0.8, 1)).toBeLessThan(2 * within(0.2, 0.4));
      } finally {
        await Promise.all(boxes.map((box) => box.remove({ force: true })));
      }
      expect(childrenOf(process.pid)).toEqual([]);
    },
    isLong ? 3_600_000 : undefined,
  );
});
