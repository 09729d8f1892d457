import type { BoxliteRuntime, LiteBox } from '@boxlite/core';
import { changedMemory } from '../../box/process-memory.js';
import { interleave } from '../../interleave.js';
import type { Measure } from '../../measure.js';
import type { Row } from '../../report/row.js';
import { dirtyMemory } from '../../starts/dirty-memory.js';
import { execTrue, startAndRemove, vmmMsOf } from '../../starts/first-exec.js';
import { startedFrom, strays } from '../../starts/origin.js';
import { pauseAimMs } from '../../starts/pause-aim.js';
import { SHAPE_TEMPLATE_ONLY, untilImageTemplate } from '../../starts/templates-ready.js';

/** What parents have changed beside what any Box changes. */
const DIRTIED_MIB = [0, 16, 64] as const;
const WARM_UP = 2;

interface Clone {
  changedBytes: number;
  pauseMs: number;
  cloneMs: number;
  totalMs: number;
  vmmMs: number;
}

/** From the request to the exit status of the clone's first command. */
const cloneOf = async (parent: LiteBox): Promise<Clone> => {
  const { pid } = await parent.info();
  const changedBytes = await changedMemory(pid ?? 0);
  const begin = performance.now();
  const [clone] = await parent.clone();
  if (clone === undefined) throw new Error('cloning made no clone');
  try {
    const cloned = performance.now();
    await execTrue(clone);
    const totalMs = performance.now() - begin;
    const { lastPauseSeconds } = await parent.metrics();
    if (lastPauseSeconds === null) throw new Error('the parent does not say how long it stood still');
    return { changedBytes, pauseMs: lastPauseSeconds * 1000, cloneMs: cloned - begin, totalMs, vmmMs: await vmmMsOf(clone) };
  } finally {
    await clone.remove({ force: true });
  }
};

const makeParent = async (runtime: BoxliteRuntime, mib: number): Promise<LiteBox> => {
  const parent = await runtime.create();
  await execTrue(parent);
  await dirtyMemory(parent, mib);
  return parent;
};

const cloneRows = (mib: number, clones: readonly Clone[], fromImage: readonly number[], fromShape: readonly number[]): Row[] => {
  const what = `${String(mib)} MiB dirtied`;
  const samples = clones.map(({ totalMs }) => totalMs);
  return [
    { what: `${what}: all that the parent has changed`, unit: 'bytes', samples: clones.map(({ changedBytes }) => changedBytes) },
    {
      what: '  the parent’s pause',
      unit: 'ms',
      samples: clones.map(({ pauseMs }) => pauseMs),
      counterpart: { what: 'allowed: 10 ms + 0.5 ms for each MiB', samples: clones.map(({ changedBytes }) => pauseAimMs(changedBytes)) },
      aim: { ratio: 1 },
    },
    {
      what: '  clone → its first exec’s exit status',
      unit: 'ms',
      samples,
      counterpart: { what: 'start from the image’s template', samples: fromImage },
      aim: { ratio: 1.2 },
    },
    { what: '  the same', unit: 'ms', samples, counterpart: { what: 'start from the shape’s template', samples: fromShape } },
    { what: '  of it clone', unit: 'ms', samples: clones.map(({ cloneMs }) => cloneMs) },
    { what: '  CPU time of the clone’s VMM', unit: 'ms', samples: clones.map(({ vmmMs }) => vmmMs) },
  ];
};

export const clone: Measure = {
  name: 'clone',
  about: 'a running Box’s clone to its first exec’s exit status, and the parent’s pause, beside starts from templates',
  rounds: 30,
  run: async ({ lab, rounds, signal }) => {
    await using runtime = await lab.openRuntime();
    await untilImageTemplate(runtime, {}, signal);
    const parents: LiteBox[] = [];
    for (const mib of DIRTIED_MIB) parents.push(await makeParent(runtime, mib));
    const cloneAll = async (): Promise<Clone[]> => {
      const clones: Clone[] = [];
      for (const parent of parents) clones.push(await cloneOf(parent));
      return clones;
    };
    const contenders = [cloneAll, () => startAndRemove(runtime, {}), () => startAndRemove(runtime, SHAPE_TEMPLATE_ONLY)] as const;
    await interleave(WARM_UP, contenders, signal);
    const [clones, fromImage, fromShape] = await interleave(rounds, contenders, signal);
    for (const parent of parents) await parent.remove({ force: true });

    const image = startedFrom('image-template', fromImage).map(({ totalMs }) => totalMs);
    const shape = startedFrom('template', fromShape).map(({ totalMs }) => totalMs);
    return {
      warm: `image prepared, templates made and used; parents of 512 MiB that have run true and written to /dev/shm, each cloned ${String(WARM_UP)} times before`,
      skipped: [...strays('image’s template', 'image-template', fromImage), ...strays('shape’s template', 'template', fromShape)],
      rows: DIRTIED_MIB.flatMap((mib, index) =>
        cloneRows(
          mib,
          clones.flatMap((round) => round[index] ?? []),
          image,
          shape,
        ),
      ),
    };
  },
};
