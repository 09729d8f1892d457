import { BareVm } from '../bare/bare-vm.js';
import { interleave } from '../interleave.js';
import type { Measure } from '../measure.js';
import type { Lab } from '../lab.js';
import { timed } from '../timed.js';

/** From nothing to the first command's result, through the public API alone; all in milliseconds. */
const startBox = async (lab: Lab) => {
  const begin = performance.now();
  const runtime = await lab.openRuntime();
  try {
    const opened = performance.now();
    const box = await runtime.create(lab.embedded.options);
    const created = performance.now();
    await box.start();
    const started = performance.now();
    await box.run('true', [], { check: true });
    const answered = performance.now();
    await box.remove({ force: true });
    return {
      open: opened - begin,
      create: created - opened,
      start: started - created,
      exec: answered - started,
      total: answered - begin,
    };
  } finally {
    await runtime.close();
  }
};

export const coldStart: Measure = {
  name: 'cold-start',
  about: 'from opening a runtime to the first exec’s result, beside the prototype’s cold boot',
  rounds: 10,
  run: async ({ lab, rounds, signal }) => {
    await lab.warmUp(lab.embedded);
    const bareMachine = await lab.bareMachine();
    const boxKernelMachine = await lab.bareMachineWithBoxKernel();
    const startBare = async (machine: typeof bareMachine) => {
      await using vm = await BareVm.start(machine, signal);
      return { ready: vm.readyMs, exec: await timed(() => vm.exec('true')) };
    };
    const [box, bare, boxKernel] = await interleave(
      rounds,
      [() => startBox(lab), () => startBare(bareMachine), () => startBare(boxKernelMachine)],
      signal,
    );

    const total = box.map((run) => run.total);
    return {
      warm: 'image prepared, files in the page cache, code of this process loaded; each Box gets a new disk',
      rows: [
        {
          what: 'open, create, start, exec',
          unit: 'ms',
          samples: total,
          counterpart: { what: 'bare VM, cold boot to READY', samples: bare.map((run) => run.ready) },
        },
        {
          what: 'the same',
          unit: 'ms',
          samples: total,
          counterpart: { what: 'bare VM, CPU and kernel as Boxes’', samples: boxKernel.map((run) => run.ready) },
        },
        { what: '  of it open', unit: 'ms', samples: box.map((run) => run.open) },
        { what: '  of it create', unit: 'ms', samples: box.map((run) => run.create) },
        { what: '  of it start', unit: 'ms', samples: box.map((run) => run.start) },
        {
          what: '  of it the first exec of true',
          unit: 'ms',
          samples: box.map((run) => run.exec),
          counterpart: { what: 'bare VM, first exec', samples: bare.map((run) => run.exec) },
        },
      ],
    };
  },
};
