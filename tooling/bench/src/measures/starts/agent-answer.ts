import { makeBareTemplate } from '../../bare/bare-template.js';
import { BareVm } from '../../bare/bare-vm.js';
import { PROTOTYPE_MEMORY_MIB } from '../../bare/bare-machine.js';
import { makeAgentTemplate } from '../../box/agent-template.js';
import { restoreAgent } from '../../box/agent-vm.js';
import { threadsMs } from '../../box/processor-time.js';
import { interleave } from '../../interleave.js';
import type { Measure } from '../../measure.js';
import type { Row } from '../../report/row.js';
import type { RestoreSteps } from '../../restore-steps.js';

interface Restored extends RestoreSteps {
  vmmMs: number;
}

/** Restores before the timed ones. */
const WARM_UP = 2;

export const agentAnswer: Measure = {
  name: 'agent-answer',
  about: 'restore → the agent’s answer, beside the prototype restored by the same recipe',
  rounds: 30,
  run: async ({ lab, rounds, signal }) => {
    await using template = await makeAgentTemplate(PROTOTYPE_MEMORY_MIB, signal);
    await using prototypeTemplate = await makeBareTemplate(await lab.bareMachine(), signal);
    await using boxKernelTemplate = await makeBareTemplate(await lab.bareMachineWithBoxKernel(), signal);
    const inBox = async (): Promise<Restored> => {
      await using running = await restoreAgent(template, signal);
      return { ...running.steps, vmmMs: await threadsMs(running.vm.record.pid) };
    };
    const inBare = async (bareTemplate: typeof prototypeTemplate): Promise<Restored> => {
      await using vm = await BareVm.restore(bareTemplate, signal);
      return { ...vm.steps, vmmMs: await threadsMs(vm.pid) };
    };
    const contenders = [inBox, () => inBare(prototypeTemplate), () => inBare(boxKernelTemplate)] as const;
    await interleave(WARM_UP, contenders, signal);
    const [box, prototype, boxKernel] = await interleave(rounds, contenders, signal);

    const row = (what: string, pick: (run: Restored) => number): Row => ({
      what,
      unit: 'ms',
      samples: box.map(pick),
      counterpart: { what: 'the prototype, a line’s answer', samples: prototype.map(pick) },
    });
    return {
      warm: `the templates’ files in the page cache; ${String(WARM_UP)} restores of each before; guests of ${String(PROTOTYPE_MEMORY_MIB)} MiB`,
      rows: [
        { ...row('restore → agent’s answer', ({ readyMs }) => readyMs), aim: { ratio: 1.2 } },
        {
          what: 'the same',
          unit: 'ms',
          samples: box.map(({ readyMs }) => readyMs),
          counterpart: { what: 'bare VM, CPU and kernel as Boxes’', samples: boxKernel.map(({ readyMs }) => readyMs) },
        },
        row('  of it until the VMM answers', ({ upMs }) => upMs),
        row('  of it its state', ({ upMs, restoredMs }) => restoredMs - upMs),
        row('  of it the agent', ({ restoredMs, readyMs }) => readyMs - restoredMs),
        row('  CPU time of the VMM', ({ vmmMs }) => vmmMs),
      ],
    };
  },
};
