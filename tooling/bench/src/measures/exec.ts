import { BareVm } from '../bare/bare-vm.js';
import { interleave } from '../interleave.js';
import type { LabImage } from '../lab.js';
import type { Measure, MeasureContext } from '../measure.js';
import type { Row } from '../report/row.js';
import { timed } from '../timed.js';

/** Execs before the timed ones: under emulation the first ones are translated. */
const WARM_UP = 20;

const execTrue = async ({ lab, rounds, signal }: MeasureContext, image: LabImage): Promise<Row[]> => {
  await using running = await lab.startBox(image);
  await using bare = await BareVm.start(await lab.bareMachine(), signal);
  const inBox = async (): Promise<void> => {
    const { exitCode } = await (await running.box.exec('true')).wait();
    if (exitCode !== 0) throw new Error(`true ended with ${String(exitCode)} in a Box of the ${image.name}`);
  };
  const contenders = [() => timed(inBox), () => timed(() => bare.exec('true'))] as const;

  const [first, bareFirst] = await interleave(1, contenders, signal);
  await interleave(WARM_UP, contenders, signal);
  const [later, bareLater] = await interleave(rounds, contenders, signal);
  return [
    { what: `first, ${image.name}`, unit: 'ms', samples: first, counterpart: { what: 'bare VM', samples: bareFirst } },
    { what: `later, ${image.name}`, unit: 'ms', samples: later, counterpart: { what: 'bare VM', samples: bareLater } },
  ];
};

export const exec: Measure = {
  name: 'exec',
  about: 'exec of true in a running Box to its exit status',
  rounds: 200,
  run: async (context) => {
    const { found, skipped } = await context.lab.images();
    const rows: Row[] = [];
    for (const image of found) rows.push(...(await execTrue(context, image)));
    return {
      warm: `the VMs run; first: nothing was executed in them before; later: after ${String(WARM_UP)} more`,
      rows,
      skipped,
    };
  },
};
