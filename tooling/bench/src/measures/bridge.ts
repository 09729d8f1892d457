import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { BridgeProcess } from '../box/bridge-process.js';
import { interleave } from '../interleave.js';
import type { Lab } from '../lab.js';
import type { Measure, MeasureContext } from '../measure.js';
import type { Row } from '../report/row.js';
import { timed } from '../timed.js';

const WARM_UP = 20;

/** Starts are some hundred times as long as execs. */
const STARTS_FOR_EACH = 10;

/** From the call until a program has started, and until its end is known, in milliseconds. */
interface Steps {
  started: number;
  ended: number;
}

const starts = async ({ rounds, signal }: MeasureContext): Promise<Row> => {
  const bridge = async (): Promise<number> => {
    const begin = performance.now();
    await using _bridge = await BridgeProcess.start();
    return performance.now() - begin;
  };
  const node = () => timed(() => once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit'));
  const contenders = [bridge, node] as const;
  await interleave(1, contenders, signal);
  const [own, alone] = await interleave(Math.max(1, Math.ceil(rounds / STARTS_FOR_EACH)), contenders, signal);
  return {
    what: 'start to the first answer',
    unit: 'ms',
    samples: own,
    counterpart: { what: 'Node.js that does nothing', samples: alone },
  };
};

/** One virtual machine is faster than the next by up to a tenth, so that what is compared is spread over some. */
const PAIRS = 5;

/** Times a program's start, and its end after that. */
const twoSteps = async <Execution>(exec: () => Promise<Execution>, wait: (execution: Execution) => Promise<unknown>): Promise<Steps> => {
  const begin = performance.now();
  const execution = await exec();
  const started = performance.now() - begin;
  await wait(execution);
  return { started, ended: performance.now() - begin };
};

/** Of two new Boxes, one in this process and one in a bridge. */
const execsOfPair = async (lab: Lab, rounds: number, signal: AbortSignal | undefined) => {
  await using running = await lab.startBox(lab.embedded);
  await using bridge = await BridgeProcess.start();
  const runtime = await bridge.handle('BoxliteRuntime.open', [{ home: join(lab.home, 'of-the-bridge') }]);
  const box = await bridge.handle('create', [{ autoRemove: true }], runtime);
  const contenders = [
    async () => {
      const steps = await twoSteps(
        () => bridge.handle('exec', ['true'], box),
        (h) => bridge.client.call('wait', [], { h }),
      );
      // Nobody reads what it says of the program's streams.
      bridge.client.frames.length = 0;
      return steps;
    },
    () =>
      twoSteps(
        () => running.box.exec('true'),
        (execution) => execution.wait(),
      ),
    () => timed(() => bridge.client.call('run', ['true'], { h: box })),
    () => timed(() => running.box.run('true')),
  ] as const;
  await interleave(WARM_UP, contenders, signal);
  return await interleave(rounds, contenders, signal);
};

const execs = async (lab: Lab, { rounds, signal }: MeasureContext): Promise<Row[]> => {
  const pairs: Awaited<ReturnType<typeof execsOfPair>>[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) pairs.push(await execsOfPair(lab, Math.ceil(rounds / PAIRS), signal));
  const row = (what: string, samples: readonly number[], others: readonly number[]): Row => ({
    what,
    unit: 'ms',
    samples,
    counterpart: { what: 'in TypeScript', samples: others },
  });
  const through = pairs.flatMap((pair) => pair[0]);
  const direct = pairs.flatMap((pair) => pair[1]);
  const step = (name: keyof Steps): [number[], number[]] => [through.map((steps) => steps[name]), direct.map((steps) => steps[name])];
  return [
    row('exec of true', ...step('started')),
    row('exec of true, and wait', ...step('ended')),
    row(
      'run of true',
      pairs.flatMap((pair) => pair[2]),
      pairs.flatMap((pair) => pair[3]),
    ),
  ];
};

export const bridge: Measure = {
  name: 'bridge',
  about: 'start of the process that serves other languages, and an exec through it',
  rounds: 200,
  run: async (context) => ({
    warm: `its files were read before; ${String(PAIRS)} pairs of Boxes run, after ${String(WARM_UP)} execs`,
    rows: [await starts(context), ...(await execs(context.lab, context))],
  }),
};
