import type { LiteBox } from '@boxlite/core';
import { interleave } from '../../interleave.js';
import type { Measure } from '../../measure.js';
import { execTrue } from '../../starts/first-exec.js';
import { startTogether } from '../../starts/together.js';
import { untilImageTemplate } from '../../starts/templates-ready.js';

const COUNT = 16;

const cloneAll = async (parent: LiteBox): Promise<number> => {
  const begin = performance.now();
  const clones = await parent.clone({ count: COUNT });
  try {
    await Promise.all(clones.map(execTrue));
    return performance.now() - begin;
  } finally {
    for (const clone of clones) await clone.remove({ force: true });
  }
};

export const cloneMany: Measure = {
  name: 'clone-many',
  about: `${String(COUNT)} clones of one Box until all have run a command, beside as many starts from a template`,
  rounds: 30,
  run: async ({ lab, rounds, signal }) => {
    await using runtime = await lab.openRuntime();
    await untilImageTemplate(runtime, {}, signal);
    const parent = await runtime.create();
    await execTrue(parent);
    const contenders = [() => cloneAll(parent), () => startTogether(runtime, {}, COUNT)] as const;
    await interleave(1, contenders, signal);
    const [clones, starts] = await interleave(rounds, contenders, signal);
    await parent.remove({ force: true });
    return {
      warm: 'image prepared, templates made and used; a parent that has run true',
      rows: [
        {
          what: `${String(COUNT)} clones → all first execs’ exit status`,
          unit: 'ms',
          samples: clones,
          counterpart: { what: `${String(COUNT)} starts at once from the image’s template`, samples: starts.map(({ allMs }) => allMs) },
          aim: { p50: 1500 },
        },
      ],
    };
  },
};
