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

const execs = async (lab: Lab, { rounds, signal }: MeasureContext): Promise<Row> => {
  await using running = await lab.startBox(lab.embedded);
  await using bridge = await BridgeProcess.start();
  const runtime = await bridge.handle('BoxliteRuntime.open', [{ home: join(lab.home, 'of-the-bridge') }]);
  const box = await bridge.handle('create', [{ autoRemove: true }], runtime);
  const inTypeScript = async (): Promise<unknown> => (await running.box.exec('true')).wait();
  const throughBridge = async (): Promise<unknown> => bridge.client.call('wait', [], { h: await bridge.handle('exec', ['true'], box) });
  const contenders = [() => timed(throughBridge), () => timed(inTypeScript)] as const;
  await interleave(WARM_UP, contenders, signal);
  const [through, direct] = await interleave(rounds, contenders, signal);
  return { what: 'exec of true', unit: 'ms', samples: through, counterpart: { what: 'in TypeScript', samples: direct } };
};

export const bridge: Measure = {
  name: 'bridge',
  about: 'start of the process that serves other languages, and an exec through it',
  rounds: 200,
  run: async (context) => ({
    warm: `its files were read before; both Boxes run, after ${String(WARM_UP)} execs`,
    rows: [await starts(context), await execs(context.lab, context)],
  }),
};
