import { setTimeout as delay } from 'node:timers/promises';
import { BareVm } from '../bare/bare-vm.js';
import { processMemory } from '../box/process-memory.js';
import { interleave } from '../interleave.js';
import type { Measure } from '../measure.js';
import { startProgram } from '../programs.js';

/** How long a VM is left alone before it counts as idle, in milliseconds. */
const SETTLE_MS = 2000;

export const memory: Measure = {
  name: 'memory',
  about: 'memory (PSS) of an idle Box’s VMM and of the program that has it',
  rounds: 3,
  run: async ({ lab, rounds, signal }) => {
    const machine = await lab.bareMachine();
    // From the built package and without a TypeScript loader, as a user's program.
    const holdBox = async () => {
      await using program = await startProgram('hold-box.mjs', { args: [lab.home], execArgv: [] });
      const { pid } = program.message as { pid: number };
      await delay(SETTLE_MS, undefined, { signal });
      return { vmm: (await processMemory(pid)).pss, host: (await processMemory(program.pid)).pss };
    };
    const holdNothing = async () => {
      await using program = await startProgram('hold-box.mjs', { execArgv: [] });
      await delay(SETTLE_MS, undefined, { signal });
      return (await processMemory(program.pid)).pss;
    };
    const holdBare = async () => {
      await using vm = await BareVm.start(machine, signal);
      await vm.exec('true');
      await delay(SETTLE_MS, undefined, { signal });
      return (await processMemory(vm.pid)).pss;
    };
    const [box, node, bare] = await interleave(rounds, [holdBox, holdNothing, holdBare], signal);
    return {
      warm: `each VM is new, has run true once and was left alone for ${String(SETTLE_MS / 1000)} s`,
      rows: [
        {
          what: 'VMM of an idle Box (512 MiB guest)',
          unit: 'bytes',
          samples: box.map(({ vmm }) => vmm),
          counterpart: { what: 'QEMU of the bare VM (256 MiB guest)', samples: bare },
        },
        {
          what: 'host process with one Box',
          unit: 'bytes',
          samples: box.map(({ host }) => host),
          counterpart: { what: 'Node alone', samples: node },
        },
      ],
    };
  },
};
