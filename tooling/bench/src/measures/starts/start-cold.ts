import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BoxliteRuntime } from '@boxlite/core';
import { HomeLayout } from '@boxlite/shared';
import type { BareMachine } from '../../bare/bare-machine.js';
import { BareVm } from '../../bare/bare-vm.js';
import { interleave } from '../../interleave.js';
import type { Measure } from '../../measure.js';
import { type FirstExec, startAndRemove } from '../../starts/first-exec.js';
import { origins } from '../../starts/origin.js';
import { timed } from '../../timed.js';

/** Starts the first Box of a runtime. What is made for later Boxes is given up. */
const firstOf = async (home: string): Promise<FirstExec> => {
  const runtime = await BoxliteRuntime.open({ home });
  try {
    return await startAndRemove(runtime, {});
  } finally {
    await runtime.close({ signal: AbortSignal.abort() });
  }
};

/** In a home that is not there yet, and again when all but the templates is. */
const startTwice = async (): Promise<{ fresh: FirstExec; prepared: FirstExec }> => {
  const home = await mkdtemp(join(tmpdir(), 'boxlite-cold-'));
  try {
    const fresh = await firstOf(home);
    await rm(new HomeLayout(home).templates, { recursive: true });
    return { fresh, prepared: await firstOf(home) };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
};

const bootBare = async (machine: BareMachine, signal: AbortSignal): Promise<number> => {
  await using vm = await BareVm.start(machine, signal);
  return vm.readyMs + (await timed(() => vm.exec('true')));
};

export const startCold: Measure = {
  name: 'start-cold',
  about: 'create → first exec’s exit status where there is no template yet, beside a bare VM’s cold boot',
  rounds: 30,
  run: async ({ lab, rounds, signal }) => {
    const [prototype, boxKernel] = [await lab.bareMachine(), await lab.bareMachineWithBoxKernel()];
    const contenders = [startTwice, () => bootBare(boxKernel, signal), () => bootBare(prototype, signal)] as const;
    await interleave(1, contenders, signal);
    const [box, bareBoxKernel, bare] = await interleave(rounds, contenders, signal);
    const fresh = box.map((run) => run.fresh);
    const prepared = box.map((run) => run.prepared);
    const samples = prepared.map(({ totalMs }) => totalMs);
    return {
      warm: `files in the page cache, code of this process loaded; the template is made on the way, Boxes were started from ${origins(prepared)}`,
      rows: [
        {
          what: 'image prepared, no template',
          unit: 'ms',
          samples,
          counterpart: { what: 'bare VM, CPU and kernel as Boxes’, → first exec', samples: bareBoxKernel },
          aim: { p50: 1500 },
        },
        { what: 'the same', unit: 'ms', samples, counterpart: { what: 'the prototype → first exec', samples: bare } },
        { what: '  of it start', unit: 'ms', samples: prepared.map(({ startMs }) => startMs) },
        { what: '  of it the first exec', unit: 'ms', samples: prepared.map(({ execMs }) => execMs) },
        { what: '  CPU time of the Box’s VMM', unit: 'ms', samples: prepared.map(({ vmmMs }) => vmmMs) },
        { what: 'a home that is new, image included', unit: 'ms', samples: fresh.map(({ totalMs }) => totalMs) },
      ],
    };
  },
};
